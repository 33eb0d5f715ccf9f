// The changes of a run as differences, field by field, and what taking them back would do.
import type { Change, Run, SideCounts, SideName } from "../api/types.ts";
import { isObject, type JsonObject, type JsonValue } from "../api/json.ts";
import { equalValues } from "./fields.ts";
import { compare, showPath } from "./json_paths.ts";

export interface FieldChange {
  name: string;  // a field, or a path in its JSON: `params_json.retries`
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

export interface ChangeView {
  side: SideName;
  action: "inserted" | "updated" | "deleted";
  author: string | null;  // who made it, where that is known
  fields: FieldChange[];
}

export interface TaskChanges {
  taskId: number;
  name: string;
  changes: ChangeView[];
}

// Bookkeeping says nothing that the run's own time does not say.
const bookkeeping = new Set(["updated_at"]);

export function fieldChanges(before: JsonObject | null, after: JsonObject | null): FieldChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.flatMap((name): FieldChange[] => {
    if (name === "id" || bookkeeping.has(name)) return [];
    const [old, now] = [before?.[name], after?.[name]];
    if (before && after && equalValues(old, now)) return [];
    if (!before && (now === null || now === undefined)) return [];
    if (!after && (old === null || old === undefined)) return [];
    if (!isObject(old) || !isObject(now)) return [{ name, before: old, after: now }];
    return compare([old, now])
      .filter((row) => row.differs)
      .map((row) => ({ name: joined(name, showPath(row.path)), before: row.values[0], after: row.values[1] }));
  });
}

const joined = (name: string, path: string) => (path === "" || path.startsWith("[") ? name + path : `${name}.${path}`);

export function viewOf(change: Pick<Change, "side" | "before" | "after"> & { author?: string | null }): ChangeView {
  const action = !change.before ? "inserted" : !change.after ? "deleted" : "updated";
  return { side: change.side, action, author: change.author ?? null, fields: fieldChanges(change.before, change.after) };
}

/** Task by task, in the order of ids. */
export function byTask(changes: readonly Change[]): TaskChanges[] {
  const tasks = new Map<number, TaskChanges>();
  for (const change of changes) {
    let task = tasks.get(change.task_id);
    if (!task) {
      task = { taskId: change.task_id, name: "", changes: [] };
      tasks.set(change.task_id, task);
    }
    const name = change.after?.skill_name ?? change.before?.skill_name;
    if (typeof name === "string") task.name = name;
    task.changes.push(viewOf(change));
  }
  return [...tasks.values()].sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
}

/** What undoing them writes. */
export function reversed(changes: readonly Change[]): Change[] {
  return changes.map((change) => ({ ...change, before: change.after, after: change.before }));
}

function sideText(counts: SideCounts): string {
  return (["inserted", "updated", "deleted"] as const)
    .filter((word) => counts[word] > 0)
    .map((word) => `${counts[word].toLocaleString("en-US")} ${word}`)
    .join(", ");
}

/** What a sync did, in one line: `database: 1 inserted; YAML: 2 updated`. */
export function countsText(result: Pick<Run, "yaml" | "database" | "conflicts_detected" | "guard">): string {
  if (result.guard) return `stopped by the deletion guard: ${result.guard.would_delete} deletions`;
  const parts: string[] = [];
  const [database, yaml] = [sideText(result.database), sideText(result.yaml)];
  if (database) parts.push(`database: ${database}`);
  if (yaml) parts.push(`YAML: ${yaml}`);
  if (result.conflicts_detected > 0) parts.push(`${result.conflicts_detected} in conflict`);
  return parts.length > 0 ? parts.join("; ") : "nothing changed";
}

const triggers: Record<string, string> = {
  startup: "start of the daemon",
  file: "the YAML file changed",
  database: "the database changed",
  interval: "interval check",
  cron: "cron",
  manual: "started by hand",
  api: "API or dashboard",
  resolve: "conflict resolved",
  undo: "undo",
};

export function triggerText(trigger: string): string {
  return triggers[trigger] ?? trigger;
}

export const directionTexts = {
  bidirectional: "both ways",
  yaml_to_db: "YAML → database",
  db_to_yaml: "database → YAML",
} as const;
