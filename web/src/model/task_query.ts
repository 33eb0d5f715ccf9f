// Searching, filtering and sorting tasks, and the same as part of the address, so that a view can be sent to somebody.
import type { Task, TaskStatus } from "../api/types.ts";
import { stringifyJson } from "../api/json.ts";
import { statuses } from "./fields.ts";

export const sortKeys = ["id", "skill_name", "schedule_cron", "next_run_at", "status", "user_id", "updated_at"] as const;
export type SortKey = (typeof sortKeys)[number];

export interface TaskQuery {
  text: string;            // words, each of which must occur somewhere in the task
  statuses: TaskStatus[];  // empty: any
  user: string;            // empty: any
  sort: SortKey;
  descending: boolean;
}

export const everyTask: TaskQuery = { text: "", statuses: [], user: "", sort: "id", descending: false };

// What is searched in a task; tasks are replaced, never changed, so it can be kept with the object.
const searchTexts = new WeakMap<Task, string>();

function searchText(task: Task): string {
  let text = searchTexts.get(task);
  if (text === undefined) {
    text = [task.id, task.skill_name, task.schedule_cron, task.status, task.user_id ?? "", stringifyJson(task.params_json)]
      .join("\n")
      .toLowerCase();
    searchTexts.set(task, text);
  }
  return text;
}

/** A new list. Ties keep the order of ids. */
export function selectTasks(tasks: readonly Task[], query: TaskQuery): Task[] {
  const words = query.text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const selected = tasks.filter(
    (task) =>
      (query.statuses.length === 0 || query.statuses.includes(task.status)) &&
      (query.user === "" || (task.user_id ?? "") === query.user) &&
      words.every((word) => searchText(task).includes(word)),
  );
  const direction = query.descending ? -1 : 1;
  return selected.sort((a, b) => direction * order(a[query.sort], b[query.sort]) || order(a.id, b.id));
}

// null stands behind everything else. Text by its code units: a collator takes ten times as long on 10,000 tasks.
function order(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

export function countByStatus(tasks: readonly Task[]): Record<TaskStatus, number> {
  const counts = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<TaskStatus, number>;
  for (const task of tasks) ++counts[task.status];
  return counts;
}

export function usersOf(tasks: readonly Task[]): string[] {
  return [...new Set(tasks.map((task) => task.user_id).filter((user) => user !== null))].sort();
}

export function queryToParameters(query: TaskQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  if (query.text) parameters.set("q", query.text);
  if (query.statuses.length > 0) parameters.set("status", query.statuses.join(","));
  if (query.user) parameters.set("user", query.user);
  if (query.sort !== everyTask.sort || query.descending) parameters.set("sort", (query.descending ? "-" : "") + query.sort);
  return parameters;
}

/** What an address says that is no query of ours is left out. */
export function queryFromParameters(parameters: URLSearchParams): TaskQuery {
  const sort = parameters.get("sort") ?? everyTask.sort;
  const key = sort.replace(/^-/, "");
  return {
    text: parameters.get("q") ?? "",
    statuses: (parameters.get("status") ?? "").split(",").filter((word): word is TaskStatus => statuses.some((s) => s === word)),
    user: parameters.get("user") ?? "",
    sort: sortKeys.find((known) => known === key) ?? everyTask.sort,
    descending: sort.startsWith("-"),
  };
}
