// Taking a run back: what that would write, and who is in the way.
import { useState } from "preact/hooks";
import type { RunDetails } from "../../api/types.ts";
import { byTask, reversed } from "../../model/changes.ts";
import { counted } from "../../model/summary.ts";
import { undoRun } from "../../state/actions.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { TaskChangesView } from "./task_changes.tsx";

const tasksShown = 50;

export function UndoDialog({ run, onClose }: { run: RunDetails; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");
  const decided = run.trigger === "resolve";
  const tasks = byTask(reversed(run.changes));
  const undo = async () => {
    setBusy(true);
    const answer = await undoRun(run);
    setBusy(false);
    if (answer === "done") onClose();
    else setRefused("refused" in answer ? answer.refused : answer.detail);
  };
  return (
    <Dialog title={`Undo run ${run.run_id}`} onClose={onClose} wide>
      <div class="dialog-body">
        {decided && <p>Each side gets what it had before the decision, and the conflict is pending again.</p>}
        <p>It becomes a run of its own, and is refused as a whole if one of these tasks has changed since.</p>
        {refused !== "" && <p class="note broken" role="alert">{refused}</p>}
        <h3>What it writes</h3>
        {tasks.slice(0, tasksShown).map((task) => <TaskChangesView key={String(task.taskId)} task={task} onBothSides={!decided && run.trigger !== "undo"} />)}
        {tasks.length > tasksShown && <p class="muted">… and {counted(tasks.length - tasksShown, "more task")}.</p>}
      </div>
      <div class="dialog-foot">
        <button type="button" onClick={onClose}>Cancel</button>
        <button type="button" class="primary" disabled={busy} onClick={() => void undo()}>
          {busy ? "Undoing…" : `Undo for ${counted(tasks.length, "task")}`}
        </button>
      </div>
    </Dialog>
  );
}
