import { countProblems, type ViewName } from "../../model/summary.ts";
import { addressOf } from "../../state/route.ts";
import { conflictsTotal, status, tasks } from "../../state/store.ts";

export const viewTitles: Record<ViewName, string> = {
  conflicts: "Conflicts",
  tasks: "Tasks",
  timeline: "Timeline",
  history: "History",
  problems: "Problems",
};

export function Navigation({ current }: { current: ViewName }) {
  const known = status.value;
  const problems = known ? countProblems(known) : 0;
  const counts: Partial<Record<ViewName, number>> = { conflicts: conflictsTotal.value, tasks: tasks.value?.size, problems };
  const urgent: readonly ViewName[] = ["conflicts", "problems"];
  return (
    <nav class="tabs" aria-label="Views">
      {(Object.keys(viewTitles) as ViewName[]).map((name) => (
        <a key={name} href={addressOf(name)} aria-current={name === current ? "page" : undefined}>
          {viewTitles[name]}
          {counts[name] !== undefined && (counts[name] > 0 || name === "tasks") && (
            <span class={urgent.includes(name) ? "count urgent" : "count"}>{counts[name].toLocaleString("en-US")}</span>
          )}
        </a>
      ))}
    </nav>
  );
}
