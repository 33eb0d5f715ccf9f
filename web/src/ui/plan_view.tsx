// What a sync would do, task by task and field by field.
import type { Plan, PlannedTask } from "../api/types.ts";
import { isObject } from "../api/json.ts";
import { fieldChanges } from "../model/changes.ts";
import { labelOf } from "../model/fields.ts";
import { counted } from "../model/summary.ts";
import { tasks } from "../state/store.ts";
import { Value } from "./value.tsx";

const tasksShown = 100;

export function PlanView({ plan }: { plan: Plan }) {
  if (plan.tasks.length === 0) return <p>Nothing to do: both sides agree.</p>;
  return (
    <>
      {plan.guard && (
        <p class="note broken" role="alert">
          It would delete {plan.guard.would_delete} of {plan.guard.of} tasks from the {plan.guard.side === "yaml" ? "YAML" : "database"},
          more than {plan.guard.max_delete_percent} %: a sync stops unless that is allowed.
        </p>
      )}
      <ul class="plan">
        {plan.tasks.slice(0, tasksShown).map((task) => <PlannedTaskView key={task.task_id} task={task} />)}
      </ul>
      {plan.tasks.length > tasksShown && <p class="muted">… and {counted(plan.tasks.length - tasksShown, "more task")}.</p>}
    </>
  );
}

function PlannedTaskView({ task }: { task: PlannedTask }) {
  const named = task.fields.find((row) => row.field === "skill_name");
  const name = named?.yaml ?? named?.database ?? tasks.value?.get(task.task_id)?.skill_name ?? "";
  return (
    <li class="plan-task">
      <p>
        <strong>Task {String(task.task_id)}</strong> <span>{String(name)}</span>
        {task.conflict !== null && <span class="badge attention">conflict: {task.conflict}</span>}
        {task.database && <span class={`badge action-${task.database}`}>{task.database} in the database</span>}
        {task.yaml && <span class={`badge action-${task.yaml}`}>{task.yaml} in the YAML</span>}
      </p>
      {(task.yaml === "update" || task.database === "update" || task.conflict !== null) && (
        <dl class="plan-fields">
          {task.fields.map((row) => (
            <div key={row.field}>
              <dt>{labelOf(row.field)}</dt>
              <dd><PlannedField field={row.field} task={task} row={row} /></dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

function PlannedField({ field, task, row }: { field: string; task: PlannedTask; row: PlannedTask["fields"][number] }) {
  if (task.conflict !== null) {
    return (
      <>
        <div><span class="side-name yaml">YAML</span> <Value field={field} value={row.yaml} /></div>
        <div><span class="side-name database">database</span> <Value field={field} value={row.database} /></div>
      </>
    );
  }
  const toYaml = task.yaml === "update" && task.database !== "update";
  const [before, after] = toYaml ? [row.yaml, row.database] : [row.database, row.yaml];
  // Of parameters only what differs.
  if (isObject(before) && isObject(after)) {
    return (
      <>
        {fieldChanges({ [field]: before }, { [field]: after }).map((change) => (
          <div key={change.name}>
            <code>{change.name.replace(`${field}.`, "")}</code>: <Value field="" value={change.before} /> → <Value field="" value={change.after} />
          </div>
        ))}
      </>
    );
  }
  return <><Value field={field} value={before} /> → <Value field={field} value={after} /></>;
}
