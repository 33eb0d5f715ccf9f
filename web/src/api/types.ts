// The daemon's objects. Ids beyond 2^53 are bigint at run time (json.ts): compare with ===, never subtract.
import type { JsonObject } from "./json.ts";

export type TaskStatus = "pending" | "running" | "completed" | "failed" | "disabled";

export interface Task {
  id: number;
  skill_name: string;
  schedule_cron: string;
  next_run_at: string;
  params_json: JsonObject;
  status: TaskStatus;
  user_id: string | null;
  created_at: string | null;
  updated_at: string | null;
}

export type SideName = "yaml" | "database";
export type Direction = "bidirectional" | "yaml_to_db" | "db_to_yaml";
export type Choice = "keep_yaml" | "keep_db" | "merge" | "custom" | "keep_both";
export type ConflictKind = "update/update" | "update/delete" | "delete/update" | "create/create";

export interface Conflict {
  conflict_id: string;
  version: number;
  replica: string;
  task_id: number;
  kind: ConflictKind;
  conflict_reason: string;
  fields: string[];
  yaml_updated_at: string | null;
  db_updated_at: string | null;
  yaml_data: Task | null;
  db_data: Task | null;
  base_data: Task | null;
  detected_at: string;
}

export interface Warning {
  message: string;
  task_id: number | null;
  line: number | null;
}

export interface Diagnostic {
  file: string | null;
  line: number | null;
  column: number | null;
  task_id: number | null;
  field: string | null;
  message: string;
  source?: string | null;  // the line, and below it the caret
}

export interface SideCounts {
  inserted: number;
  updated: number;
  deleted: number;
}

export interface ConflictReference {
  conflict_id: string | null;
  task_id: number;
  reason: string;
}

export interface SyncResult {
  status: string;
  direction: Direction;
  trigger: string;
  run_id: number | null;
  timestamp: string;
  duration_ms: number;
  dry_run: boolean;
  yaml: SideCounts;
  database: SideCounts;
  merged: number;
  unchanged: number;
  conflicts_detected: number;
  conflicts: ConflictReference[];
  warnings: Warning[];
}

export interface Guard {
  side: SideName;
  would_delete: number;
  task_ids: number[];
  of: number;
  max_delete_percent: number;
}

export interface PlannedTask {
  task_id: number;
  yaml: "insert" | "update" | "delete" | null;
  database: "insert" | "update" | "delete" | null;
  conflict: string | null;
  fields: { field: string; base: unknown; yaml: unknown; database: unknown }[];
}

export interface Plan extends SyncResult {
  tasks: PlannedTask[];
  guard?: Guard;
}

export interface Run extends SyncResult {
  replica: string;
  guard?: Guard;  // it was stopped by the deletion guard
}

export interface Change {
  task_id: number;
  side: SideName;
  before: JsonObject | null;
  after: JsonObject | null;
}

export interface RunDetails extends Run {
  changes: Change[];
}

export interface Status {
  last_sync_timestamp: string | null;
  total_tasks: number;
  pending_conflicts: number;
  sync_source: "yaml" | "database" | "manual" | "unknown";
  in_sync: boolean;
  replica: string;
  version: string;
  uptime_seconds: number;
  yaml: {
    path: string;
    valid: boolean;
    writable: boolean;
    tasks: number;
    checksum: string | null;
    modified_at: string | null;
    errors: Diagnostic[];
  };
  database: { backend: "postgresql" | "sqlite"; reachable: boolean; tasks: number; warnings: Warning[] };
  watcher: "running" | "polling" | "stopped";
  last_run: Run | null;
  timezone?: string;
  owners?: Record<string, SideName>;  // fields that have one
}

export interface Resolved {
  status: "success" | "stored";
  message: string;
  conflict_id: string;
  task_id: number;
  resolution: Choice;
  task: Task | null;
  new_task_id?: number;
}

/** What became of a write to a task on the YAML's side. */
export interface TaskSync {
  yaml: "written" | "pending" | "conflict";
  detail?: string | null;
}

export interface TaskRuns {
  task_id: number;
  cron: string;
  timezone: string;
  next: string[];
}

export type ServerEvent =
  | { event: "connection_established"; timestamp: string; message: string; seq: number }
  | { event: "schedule_config_updated"; timestamp: string; seq: number; source: "file" | "database"; task_ids: number[]; task_count: number; checksum: string; message: string }
  | { event: "sync_conflict_detected"; timestamp: string; seq: number; conflict_id: string; task_id: number; reason: string }
  | { event: "sync_conflict_resolved"; timestamp: string; seq: number; conflict_id: string; task_id: number; resolution: string }
  | { event: "sync_status_changed"; timestamp: string; seq: number; status: Status }
  | { event: "resync_required" }
  | { event: "pong" };
