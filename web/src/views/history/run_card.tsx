// One run; its changes are read when it is opened.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, Problem } from "../../api/client.ts";
import type { Run, RunDetails } from "../../api/types.ts";
import { byTask, countsText, directionTexts, triggerText } from "../../model/changes.ts";
import { counted } from "../../model/summary.ts";
import { duration } from "../../model/time_text.ts";
import { explain } from "../../state/notices.ts";
import { route } from "../../state/route.ts";
import { noteProblem, online } from "../../state/store.ts";
import { Time } from "../../ui/time.tsx";
import { TaskChangesView } from "./task_changes.tsx";
import { UndoDialog } from "./undo_dialog.tsx";

const tasksShown = 100;

/** `run`: what the list knows; null: only the id is known, from the address. */
export function RunCard({ id, run }: { id: number; run: Run | null }) {
  const wanted = route.value.id === String(id);
  const [open, setOpen] = useState(wanted);
  const [details, setDetails] = useState<RunDetails | null>(null);
  const [problem, setProblem] = useState("");
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!wanted) return;
    setOpen(true);
    card.current?.scrollIntoView({ block: "nearest" });
  }, [wanted]);
  useEffect(() => {
    if (!open || details) return;
    get<RunDetails>(`/api/sync/history/${id}`).then(setDetails, (error: unknown) => {
      noteProblem(error);
      setProblem(error instanceof Problem && error.status === 404 ? `There is no run ${id} (any more).` : explain(error));
    });
  }, [open]);

  const known = run ?? details;
  return (
    <article class="card run" ref={card} aria-labelledby={`run-${id}`}>
      <header class="card-head">
        <h3 id={`run-${id}`}>
          <button type="button" class="disclosure" aria-expanded={open} aria-controls={`run-${id}-body`} onClick={() => setOpen(!open)}>
            Run {id}
          </button>
        </h3>
        {known && (
          <>
            <p class="run-what">{countsText(known)}</p>
            <p class="muted">{triggerText(known.trigger)}{known.direction !== "bidirectional" && `, ${directionTexts[known.direction]}`}{known.author && `, by ${known.author}`}</p>
            <p class="muted card-when"><Time at={known.timestamp} /> · {duration(known.duration_ms)}</p>
          </>
        )}
      </header>
      <div id={`run-${id}-body`} class="card-body" hidden={!open}>
        {problem !== "" && <p class="note broken">{problem}</p>}
        {open && details && <Changes details={details} />}
        {open && !details && problem === "" && <p class="muted">Reading…</p>}
      </div>
    </article>
  );
}

function Changes({ details }: { details: RunDetails }) {
  const [undoing, setUndoing] = useState(false);
  const tasks = byTask(details.changes);
  return (
    <>
      {details.conflicts.length > 0 && (
        <p class="note attention">In conflict: {details.conflicts.map(({ task_id, reason }) => `task ${task_id} (${reason})`).join(", ")}.</p>
      )}
      {details.warnings.map((warning) => <p key={warning.message} class="note attention">{warning.message}</p>)}
      {tasks.length === 0 && <p class="muted">It wrote nothing.</p>}
      {tasks.slice(0, tasksShown).map((task) => <TaskChangesView key={String(task.taskId)} task={task} />)}
      {tasks.length > tasksShown && <p class="muted">… and {counted(tasks.length - tasksShown, "more task")}.</p>}
      {tasks.length > 0 && (
        <p class="card-actions">
          <button type="button" disabled={!online.value} onClick={() => setUndoing(true)}>Undo…</button>
        </p>
      )}
      {undoing && <UndoDialog run={details} onClose={() => setUndoing(false)} />}
    </>
  );
}
