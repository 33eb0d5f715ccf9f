// The coming 24 hours by the minute, an hour a line.
import { useMemo } from "preact/hooks";
import { inZone, offsetText } from "../../model/time_text.ts";
import { crowdLimit, hourRows } from "../../model/timeline.ts";
import { offsetAt } from "../../model/zone.ts";
import { HeatGrid, type HeatRow } from "./heat_grid.tsx";
import type { MapProps } from "./week_map.tsx";

export function DayMap({ timeline, zone, pointed, onPoint }: MapProps) {
  const rows = useMemo(() => hourRows(timeline, zone), [timeline, zone]);
  const most = timeline.runs.reduce((highest, runs) => Math.max(highest, runs), 1);
  const heatRows = rows.map((row, i): HeatRow => {
    const previous = rows[i - 1];
    const newDay = !previous || inZone(previous.from, zone, "date") !== inZone(row.from, zone, "date");
    const hour = `${inZone(row.from, zone, "time").slice(0, 2)}:00`;
    return {
      key: row.from,
      title: newDay ? `${inZone(row.from, zone, "weekday")} ${hour}` : hour,
      hint: `${inZone(row.from, zone, "date")} ${hour} ${offsetText(offsetAt(row.from, zone))}`,
      cells: row.minutes.map((cell) => cell && { cells: [cell], label: inZone(cell.from, zone) }),
    };
  });
  return (
    <HeatGrid
      label="Runs by the minute"
      count={60}
      every={5}
      rows={heatRows}
      numbers={false}
      most={most}
      crowdLimit={crowdLimit(timeline)}
      pointed={pointed}
      onPoint={onPoint}
    />
  );
}
