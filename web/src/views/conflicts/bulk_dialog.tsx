// One choice for many conflicts: what it would come to, before it is sent.
import { useState } from "preact/hooks";
import type { Choice, Conflict } from "../../api/types.ts";
import { choiceHints, choiceTexts, outcomeText } from "../../model/outcome_text.ts";
import { isPossible, outcomeOf } from "../../model/resolution.ts";
import { counted } from "../../model/summary.ts";
import { resolveMany } from "../../state/actions.ts";
import { owners } from "../../state/store.ts";
import { Dialog } from "../../ui/dialog.tsx";

export interface BulkDialogProps {
  choice: Choice;
  conflicts: readonly Conflict[];
  onClose: () => void;
  onDone: () => void;
}

export function BulkDialog({ choice, conflicts, onClose, onDone }: BulkDialogProps) {
  const [busy, setBusy] = useState(false);
  const [moved, setMoved] = useState(false);
  const possible = conflicts.filter((conflict) => isPossible(conflict, choice));
  const impossible = conflicts.filter((conflict) => !isPossible(conflict, choice));
  const apply = async () => {
    setBusy(true);
    const movedOn = await resolveMany(possible, choice);
    setBusy(false);
    setMoved(movedOn);
    if (movedOn) return;
    onDone();
    onClose();
  };
  return (
    <Dialog title={`${choiceTexts[choice]}: ${counted(possible.length, "conflict")}`} onClose={onClose} wide>
      <div class="dialog-body">
        <p>{choiceHints[choice]}.</p>
        {moved && (
          <p class="note attention" role="alert">
            Some of these changed while you looked at them, and nothing was resolved. Close this, look at them as they are now, and choose again.
          </p>
        )}
        <table class="plain">
          <thead><tr><th scope="col">Task</th><th scope="col">Result</th></tr></thead>
          <tbody>
            {possible.map((conflict) => (
              <tr key={conflict.conflict_id}>
                <th scope="row">{String(conflict.task_id)} {nameOf(conflict)}</th>
                <td>{outcomeText(outcomeOf(conflict, choice, {}, owners.value))}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {impossible.length > 0 && (
          <p class="note attention">
            Not possible where one side deleted the task; left as they are:{" "}
            {impossible.map((conflict) => `${conflict.task_id} ${nameOf(conflict)}`).join(", ")}.
          </p>
        )}
      </div>
      <div class="dialog-foot">
        <button type="button" onClick={onClose}>{moved ? "Close" : "Cancel"}</button>
        {!moved && (
          <button type="button" class="primary" disabled={busy || possible.length === 0} onClick={() => void apply()}>
            {busy ? "Resolving…" : `Resolve ${counted(possible.length, "conflict")}`}
          </button>
        )}
      </div>
    </Dialog>
  );
}

export function nameOf(conflict: Conflict): string {
  return (conflict.yaml_data ?? conflict.db_data ?? conflict.base_data)?.skill_name ?? "";
}
