// A sync with a direction of its own or by force: its plan is shown before it can be started.
import { useEffect, useState } from "preact/hooks";
import type { Direction, Plan } from "../../api/types.ts";
import { directionTexts } from "../../model/changes.ts";
import { changesDue, counted } from "../../model/summary.ts";
import { planOf, syncNow } from "../../state/actions.ts";
import { explain } from "../../state/notices.ts";
import { status } from "../../state/store.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { PlanView } from "../../ui/plan_view.tsx";

const directions: readonly Direction[] = ["bidirectional", "yaml_to_db", "db_to_yaml"];
const winners: Record<Direction, string> = {
  bidirectional: "the side that changed last wins",
  yaml_to_db: "the YAML wins",
  db_to_yaml: "the database wins",
};

export function SyncDialog({ onClose }: { onClose: () => void }) {
  const [direction, setDirection] = useState<Direction>("bidirectional");
  const [force, setForce] = useState(false);
  const [allowDeletions, setAllowDeletions] = useState(false);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [problem, setProblem] = useState("");

  // The plan follows the choice, and what happens meanwhile.
  const lastRun = status.value?.last_run?.run_id;
  useEffect(() => {
    let wanted = true;
    setPlan(null);
    setProblem("");
    planOf(direction, force).then(
      (found) => wanted && setPlan(found),
      (error: unknown) => wanted && setProblem(explain(error)),
    );
    return () => {
      wanted = false;
    };
  }, [direction, force, lastRun]);

  const start = () => {
    onClose();
    void syncNow({ direction, force, maxDeletePercent: allowDeletions ? 100 : null });
  };
  const conflicts = plan?.conflicts.length ?? 0;
  return (
    <Dialog title="Sync" onClose={onClose} wide>
      <div class="dialog-body">
        <fieldset class="choices">
          <legend>Direction</legend>
          {directions.map((value) => (
            <label key={value}>
              <input type="radio" name="direction" checked={direction === value} onChange={() => setDirection(value)} />
              {directionTexts[value]}
            </label>
          ))}
        </fieldset>
        <label class="check">
          <input type="checkbox" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} />
          <span>Force: decide conflicts instead of keeping them; {winners[direction]}</span>
        </label>
        {plan?.guard && (
          <label class="check">
            <input type="checkbox" checked={allowDeletions} onChange={(event) => setAllowDeletions(event.currentTarget.checked)} />
            <span>Allow deleting {counted(plan.guard.would_delete, "task")}</span>
          </label>
        )}
        <h3>What it would do</h3>
        {problem !== "" && <p class="note broken" role="alert">{problem}</p>}
        {plan ? <PlanView plan={plan} /> : problem === "" && <p class="muted">Reading the plan…</p>}
      </div>
      <div class="dialog-foot">
        <button type="button" onClick={onClose}>Cancel</button>
        <button
          type="button"
          class={force || allowDeletions ? "primary danger" : "primary"}
          disabled={plan === null || (plan.guard !== undefined && !allowDeletions)}
          onClick={start}
        >
          {force ? "Sync by force" : "Sync"}
          {plan && `: ${counted(changesDue(plan), "change")}`}
          {plan && conflicts > 0 && !force && `, ${counted(conflicts, "conflict")} stay`}
        </button>
      </div>
    </Dialog>
  );
}
