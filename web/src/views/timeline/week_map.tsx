// Seven days by the hour. A day on which the clocks change has an hour twice, or one less.
import { useMemo } from "preact/hooks";
import { inZone } from "../../model/time_text.ts";
import { crowdLimit, dayRows, type Cell, type Timeline } from "../../model/timeline.ts";
import { HeatGrid, type HeatCell, type HeatRow } from "./heat_grid.tsx";

export interface MapProps {
  timeline: Timeline;
  zone: string;
  pointed: Cell | null;
  onPoint: (cell: Cell) => void;
}

export function WeekMap({ timeline, zone, pointed, onPoint }: MapProps) {
  const rows = useMemo(() => dayRows(timeline, zone), [timeline, zone]);
  const most = Math.max(1, ...rows.flatMap((row) => row.hours.flat().map((cell) => cell.runs)));
  const heatRows = rows.map((row): HeatRow => ({
    key: row.localMidnight,
    title: <DateTitle date={inZone(row.localMidnight, "UTC", "date")} />,
    hint: inZone(row.localMidnight, "UTC", "date"),
    cells: row.hours.map((cells, hour): HeatCell => {
      if (row.skipped.includes(hour)) return { skipped: `The clocks go forward: there is no ${hour}:00` };
      return cells.length === 0 ? null : { cells, label: `${inZone(row.localMidnight, "UTC", "date")} ${hour}:00` };
    }),
  }));
  return (
    <HeatGrid
      label="Runs by the hour"
      count={24}
      every={1}
      rows={heatRows}
      numbers
      most={most}
      crowdLimit={crowdLimit(timeline)}
      pointed={pointed}
      onPoint={onPoint}
    />
  );
}

// The year has no room on a phone.
function DateTitle({ date }: { date: string }) {
  const [, weekday, year, rest] = /^(\S+ )(\d+-)(.*)$/.exec(date)!;
  return <>{weekday}<span class="year">{year}</span>{rest}</>;
}
