// The deletion guard stopped a sync: what it would have deleted, and whether to go on.
import { counted } from "../../model/summary.ts";
import { stopped, syncNow } from "../../state/actions.ts";
import { tasks } from "../../state/store.ts";
import { Dialog } from "../../ui/dialog.tsx";

export function GuardDialog() {
  const held = stopped.value;
  if (!held) return null;
  const { guard, options } = held;
  const close = () => (stopped.value = null);
  const more = guard.would_delete - guard.task_ids.length;
  return (
    <Dialog title="Nothing was written" onClose={close}>
      <div class="dialog-body">
        <p>
          The sync would have deleted <strong>{counted(guard.would_delete, "task")}</strong> of {guard.of} from
          the {guard.side === "yaml" ? "YAML" : "database"}; more than {guard.max_delete_percent} % at once are deleted only if you say so.
        </p>
        <ul class="short-list">
          {guard.task_ids.map((id) => <li key={id}>{String(id)} {tasks.value?.get(id)?.skill_name}</li>)}
          {more > 0 && <li>… and {more} more</li>}
        </ul>
      </div>
      <div class="dialog-foot">
        <button type="button" onClick={close}>Leave everything as it is</button>
        <button
          type="button"
          class="primary danger"
          onClick={() => {
            close();
            void syncNow({ ...options, maxDeletePercent: 100 });
          }}
        >
          Delete {counted(guard.would_delete, "task")}
        </button>
      </div>
    </Dialog>
  );
}
