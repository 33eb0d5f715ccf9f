// When the tasks run: the coming day minute by minute, or the coming week by the hour.
import { signal, useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { timelineOf, type Cell, type Timeline } from "../../model/timeline.ts";
import { counted } from "../../model/summary.ts";
import { day, hour, isKnownZone, minute, viewerZone } from "../../model/zone.ts";
import { now, scheduleZone, taskList, tasks } from "../../state/store.ts";
import { Crowded } from "./crowded.tsx";
import { DayMap } from "./day_map.tsx";
import { WeekMap } from "./week_map.tsx";
import { WhoRuns } from "./who_runs.tsx";
import { Reading } from "../../ui/reading.tsx";

const week = signal(false);
const inScheduleZone = signal(false);

export function TimelineView() {
  const [pointed, setPointed] = useState<Cell | null>(null);
  // Drawn anew by the minute, not by the tick of the page's clock.
  const thisMinute = useComputed(() => Math.floor(now.value / minute) * minute);
  const timeline = useComputed<Timeline | null>(() => {
    const zone = scheduleZone.value;
    if (zone === null || !isKnownZone(zone)) return null;
    return timelineOf(taskList.value, zone, thisMinute.value + minute, week.value ? 7 * day : 24 * hour);
  });
  if (tasks.value === null) return <Reading what="the tasks" />;
  if (tasks.value.size === 0) return <div class="empty">There are no tasks yet.</div>;
  if (timeline.value === null) {
    return <p class="muted">{scheduleZone.value === null ? "Reading the time zone…" : `This browser does not know the schedule's time zone, ${scheduleZone.value}.`}</p>;
  }
  const current = timeline.value;
  const viewer = viewerZone();
  const zone = inScheduleZone.value ? current.zone : viewer;
  return (
    <>
      <div class="toolbar">
        <Switch label="Span" options={["24 hours", "7 days"]} chosen={week.value ? 1 : 0} onChoose={(i) => { week.value = i === 1; setPointed(null); }} />
        {current.zone !== viewer && (
          <Switch
            label="Time zone"
            options={[`${viewer} (yours)`, `${current.zone} (the schedule's)`]}
            chosen={inScheduleZone.value ? 1 : 0}
            onChoose={(i) => (inScheduleZone.value = i === 1)}
          />
        )}
        <p class="muted">
          {counted(current.total, "run")} by the schedule{current.zone === viewer && `, ${zone}`}; disabled tasks are left out
        </p>
      </div>
      <div class="timeline">
        <div class="maps">
          {week.value
            ? <WeekMap timeline={current} zone={zone} pointed={pointed} onPoint={setPointed} />
            : <DayMap timeline={current} zone={zone} pointed={pointed} onPoint={setPointed} />}
        </div>
        <aside class="beside">
          <WhoRuns timeline={current} zone={zone} cell={pointed} />
          <Crowded timeline={current} zone={zone} onPoint={setPointed} />
        </aside>
      </div>
    </>
  );
}

function Switch({ label, options, chosen, onChoose }: { label: string; options: string[]; chosen: number; onChoose: (index: number) => void }) {
  return (
    <div class="switch" role="group" aria-label={label}>
      {options.map((option, i) => (
        <button key={option} type="button" aria-pressed={i === chosen} onClick={() => onChoose(i)}>{option}</button>
      ))}
    </div>
  );
}
