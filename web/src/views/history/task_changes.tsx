// What happened to one task, as a difference per side; one where both sides were written alike.
import type { ChangeView, TaskChanges } from "../../model/changes.ts";
import { stringifyJson } from "../../api/json.ts";
import { addressOf } from "../../state/route.ts";
import { tasks } from "../../state/store.ts";
import { Value } from "../../ui/value.tsx";

const sideNames = { yaml: "YAML", database: "database" };

/** `onBothSides`: whichever side a change was on, both get it. */
export function TaskChangesView({ task, onBothSides = false }: { task: TaskChanges; onBothSides?: boolean }) {
  const there = tasks.value?.has(task.taskId);
  const title = <>{String(task.taskId)} {task.name}</>;
  return (
    <section class="task-changes">
      <h4>{there ? <a href={addressOf("tasks", task.taskId)}>{title}</a> : title}</h4>
      {joined(task.changes).map(({ sides, view }) => (
        <div key={sides} class="change">
          <p><span class={`badge action-${verbs[view.action]}`}>{view.action}</span> {onBothSides ? "on both sides" : `in the ${sides}`}{view.author && <span class="muted">, by {view.author}</span>}</p>
          <FieldChanges view={view} />
        </div>
      ))}
    </section>
  );
}

const verbs = { inserted: "insert", updated: "update", deleted: "delete" };

function joined(changes: readonly ChangeView[]): { sides: string; view: ChangeView }[] {
  const groups = new Map<string, { sides: string[]; view: ChangeView }>();
  for (const view of changes) {
    const key = stringifyJson([view.action, view.author, ...view.fields.map((field) => [field.name, field.before ?? null, field.after ?? null])]);
    const group = groups.get(key);
    if (group) group.sides.push(sideNames[view.side]);
    else groups.set(key, { sides: [sideNames[view.side]], view });
  }
  return [...groups.values()].map(({ sides, view }) => ({ sides: sides.join(" and the "), view }));
}

export function FieldChanges({ view }: { view: ChangeView }) {
  if (view.fields.length === 0) return <p class="muted">Only bookkeeping (created_at, updated_at).</p>;
  return (
    <table class="diff">
      <thead class="sr-only"><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
      <tbody>
        {view.fields.map((field) => (
          <tr key={field.name}>
            <th scope="row"><code>{field.name}</code></th>
            <td class="before">{field.before !== undefined && <del><Value field={field.name} value={field.before} /></del>}</td>
            <td class="after">{field.after !== undefined && <ins><Value field={field.name} value={field.after} /></ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
