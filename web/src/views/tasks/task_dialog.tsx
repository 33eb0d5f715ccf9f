// One task: everything about it, when it runs next, what was done to it, and what can be done.
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../../api/client.ts";
import { stringifyJson } from "../../api/json.ts";
import type { Run, Task, NextRuns } from "../../api/types.ts";
import { countsText, triggerText } from "../../model/changes.ts";
import { offsetText, inZone } from "../../model/time_text.ts";
import { offsetAt, viewerZone } from "../../model/zone.ts";
import { deleteTask, fetchTask, setDisabled, type TaskAndTag } from "../../state/actions.ts";
import { explain } from "../../state/notices.ts";
import { addressOf } from "../../state/route.ts";
import { conflictByTask, noteProblem, now, online } from "../../state/store.ts";
import { CronText } from "../../ui/cron.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { StatusBadge } from "../../ui/status_badge.tsx";
import { Time } from "../../ui/time.tsx";
import { TaskForm } from "./task_form.tsx";

export function TaskDialog({ task, onClose }: { task: Task; onClose: () => void }) {
  const [editing, setEditing] = useState<TaskAndTag | null>(null);
  const [deleting, setDeleting] = useState(false);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const conflict = conflictByTask.value.get(task.id);

  // Each act is on the task as it is now, and refused if it changes in between.
  const act = async (action: (current: TaskAndTag) => Promise<void>) => {
    setBusy(true);
    setProblem("");
    try {
      await action(await fetchTask(task.id));
    } catch (error) {
      noteProblem(error);
      setProblem(error instanceof Problem && error.status === 412 ? "The task changed at this moment; please try again." : explain(error));
    }
    setBusy(false);
  };
  if (editing) return <TaskForm current={editing} onClose={() => setEditing(null)} />;
  return (
    <Dialog title={`${task.skill_name} (task ${task.id})`} onClose={onClose} wide>
      <div class="dialog-body">
        {conflict && (
          <p class="note attention">
            In conflict: neither side is written until it is resolved. <a href={addressOf("conflicts", conflict.conflict_id)}>Resolve it</a>
          </p>
        )}
        {problem !== "" && <p class="note broken" role="alert">{problem}</p>}
        <dl class="facts">
          <div><dt>Schedule</dt><dd><CronText expression={task.schedule_cron} /></dd></div>
          <div><dt>Status</dt><dd><StatusBadge status={task.status} /></dd></div>
          <div><dt>Next run</dt><dd><Time at={task.next_run_at} absolute /> <span class="muted">(<Time at={task.next_run_at} />)</span></dd></div>
          <div><dt>User</dt><dd>{task.user_id ?? <span class="muted">–</span>}</dd></div>
          <div><dt>Created</dt><dd><Time at={task.created_at} /></dd></div>
          <div><dt>Updated</dt><dd><Time at={task.updated_at} /></dd></div>
        </dl>
        <h3>Parameters</h3>
        <pre class="json" tabIndex={0}>{stringifyJson(task.params_json, 2)}</pre>
        <ComingRuns task={task} />
        <TaskHistory task={task} />
      </div>
      <div class="dialog-foot">
        {deleting ? (
          <>
            <p>Delete task {String(task.id)} on both sides?</p>
            <button type="button" onClick={() => setDeleting(false)}>Keep it</button>
            <button
              type="button"
              class="primary danger"
              disabled={busy || !online.value}
              onClick={() => void act(async (current) => {
                await deleteTask(current);
                onClose();
              })}
            >
              Delete
            </button>
          </>
        ) : (
          <>
            <button type="button" class="danger" disabled={busy || !online.value} onClick={() => setDeleting(true)}>Delete…</button>
            <span class="spacer" />
            <button type="button" disabled={busy || !online.value} onClick={() => void act((current) => setDisabled(current, task.status !== "disabled"))}>
              {task.status === "disabled" ? "Enable" : "Disable"}
            </button>
            <button
              type="button"
              class="primary"
              disabled={busy || !online.value}
              onClick={() => void act((current) => Promise.resolve(setEditing(current)))}
            >
              Edit
            </button>
          </>
        )}
      </div>
    </Dialog>
  );
}

function ComingRuns({ task }: { task: Task }) {
  const [runs, setRuns] = useState<NextRuns | null>(null);
  useEffect(() => {
    get<NextRuns>(`/api/tasks/${task.id}/runs?count=5`).then(setRuns, noteProblem);
  }, [task.id, task.schedule_cron]);
  if (!runs) return null;
  const viewer = viewerZone();
  const zones = [...new Set([viewer, runs.timezone])];
  return (
    <>
      <h3>{task.status === "disabled" ? "Would run, if it were not disabled" : "Next runs by the schedule"}</h3>
      <table class="plain">
        <thead>
          <tr>
            {zones.map((zone) => (
              <th scope="col" key={zone}>
                {zone} <span class="muted">{zones.length === 1 ? "" : zone === viewer ? "(yours)" : "(the schedule's)"}</span>
              </th>
            ))}
            <th scope="col"><span class="sr-only">From now</span></th>
          </tr>
        </thead>
        <tbody>
          {runs.next.map((timestamp) => {
            const at = Date.parse(timestamp);
            return (
              <tr key={timestamp}>
                {zones.map((zone) => <td key={zone}>{inZone(at, zone)} <span class="muted">{offsetText(offsetAt(at, zone))}</span></td>)}
                <td class="muted">{at > now.value ? <Time at={at} /> : null}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

function TaskHistory({ task }: { task: Task }) {
  const [runs, setRuns] = useState<Run[] | null>(null);
  useEffect(() => {
    get<Run[]>(`/api/sync/history?task_id=${task.id}&limit=5`).then(setRuns, noteProblem);
  }, [task]);
  if (!runs || runs.length === 0) return null;
  return (
    <>
      <h3>Last runs that touched it</h3>
      <ul class="short-list">
        {runs.map((run) => (
          <li key={run.run_id}>
            <a href={addressOf("history", run.run_id)}>Run {run.run_id}</a> <Time at={run.timestamp} />, {triggerText(run.trigger)}: {countsText(run)}
          </li>
        ))}
      </ul>
    </>
  );
}
