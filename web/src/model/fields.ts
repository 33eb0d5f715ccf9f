// The fields of a task as the dashboard shows and merges them, once: the daemon's schema (src/model/task.hpp).
import type { Task } from "../api/types.ts";
import { equalJson, isObject, stringifyJson, type JsonValue } from "../api/json.ts";

export type FieldName = Exclude<keyof Task, "id">;
export type FieldType = "text" | "cron" | "timestamp" | "json" | "status";

export interface FieldSpec {
  name: FieldName;
  label: string;
  type: FieldType;
  synced: boolean;                  // a difference in it is a difference of the task
  mergeSide: "yaml" | "database";   // whose value the choice `merge` takes where both sides changed it
}

export const statuses = ["pending", "running", "completed", "failed", "disabled"] as const;

export const schema: readonly FieldSpec[] = [
  { name: "skill_name", label: "Skill", type: "text", synced: true, mergeSide: "yaml" },
  { name: "schedule_cron", label: "Schedule", type: "cron", synced: true, mergeSide: "yaml" },
  { name: "next_run_at", label: "Next run", type: "timestamp", synced: true, mergeSide: "yaml" },
  { name: "params_json", label: "Parameters", type: "json", synced: true, mergeSide: "yaml" },
  { name: "status", label: "Status", type: "status", synced: true, mergeSide: "database" },
  { name: "user_id", label: "User", type: "text", synced: true, mergeSide: "yaml" },
  { name: "created_at", label: "Created", type: "timestamp", synced: false, mergeSide: "yaml" },
  { name: "updated_at", label: "Updated", type: "timestamp", synced: false, mergeSide: "yaml" },
];

export const syncedFields = schema.filter((field) => field.synced);

export function labelOf(field: string): string {
  return schema.find((spec) => spec.name === field)?.label ?? field;
}

/** Equal as the daemon compares them: JSON as JSON, instants as instants, all else as it stands. */
export function equalValues(a: unknown, b: unknown): boolean {
  return equalJson((a ?? null) as JsonValue, (b ?? null) as JsonValue);
}

/** A value in one line, for people. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value === "" ? '""' : value;
  return stringifyJson(value as JsonValue);
}

/** An object's own members, or none for what is not an object. */
export function membersOf(value: unknown): [string, JsonValue][] {
  return isObject(value) ? Object.entries(value) : [];
}
