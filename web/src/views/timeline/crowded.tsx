// The minutes in which most tasks run at once.
import { inZone } from "../../model/time_text.ts";
import { crowdedMinutes, type Cell, type Timeline } from "../../model/timeline.ts";

const shown = 8;

export function Crowded({ timeline, zone, onPoint }: { timeline: Timeline; zone: string; onPoint: (cell: Cell) => void }) {
  const minutes = crowdedMinutes(timeline, shown);
  return (
    <section class="card who">
      <h2>Crowded minutes</h2>
      {minutes.length === 0 ? <p class="muted">None: no minute stands out.</p> : (
        <ol class="short-list crowd">
          {minutes.map((cell) => (
            <li key={cell.from}>
              <button type="button" class="quiet" onClick={() => onPoint(cell)}>{inZone(cell.from, zone)}</button>
              <span class="crowd-count">{cell.runs}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
