// The tasks that run in the hour or minute that one points at.
import { useMemo } from "preact/hooks";
import { inZone } from "../../model/time_text.ts";
import { runningIn, type Cell, type Timeline } from "../../model/timeline.ts";
import { counted } from "../../model/summary.ts";
import { minute } from "../../model/zone.ts";
import { addressOf } from "../../state/route.ts";

const tasksShown = 30;

export function WhoRuns({ timeline, zone, cell }: { timeline: Timeline; zone: string; cell: Cell | null }) {
  const running = useMemo(() => (cell ? runningIn(timeline, cell.from, cell.to) : []), [timeline, cell?.from, cell?.to]);
  if (!cell) return <section class="card who"><h2>Who runs</h2><p class="muted">Point at a cell, or go to it with the arrow keys.</p></section>;
  const until = cell.to - cell.from > minute ? ` – ${inZone(cell.to, zone, "time")}` : "";
  return (
    <section class="card who" aria-live="polite">
      <h2>{inZone(cell.from, zone)}{until}</h2>
      <p class="muted">{counted(cell.runs, "run")} of {counted(running.length, "task")}{until !== "" && cell.peak > 1 && `, up to ${cell.peak} in one minute`}</p>
      <ul class="short-list">
        {running.slice(0, tasksShown).map(({ task, times }) => (
          <li key={String(task.id)}>
            <a href={addressOf("tasks", task.id)}>{task.skill_name}</a>{" "}
            <span class="muted">{times.slice(0, 4).map((at) => inZone(at, zone, "time")).join(" ")}{times.length > 4 && ` … ${times.length} times`}</span>
          </li>
        ))}
        {running.length > tasksShown && <li class="muted">… and {counted(running.length - tasksShown, "more task")}</li>}
      </ul>
    </section>
  );
}
