// Objects as the daemon sends them, for tests to vary.
import type { Conflict, Plan, Run, Status, Task } from "../src/api/types.ts";

export function task(change: Partial<Task> = {}): Task {
  return {
    id: 1,
    skill_name: "daily_backup",
    schedule_cron: "0 2 * * *",
    next_run_at: "2026-11-23T02:00:00Z",
    params_json: { target: "s3://backups/main", keep_days: 30 },
    status: "pending",
    user_id: "ops",
    created_at: null,
    updated_at: null,
    ...change,
  };
}

/** A conflict between three states of one task; `fields` as the daemon would name them. */
export function conflict(base: Task | null, yaml: Task | null, database: Task | null, fields: string[]): Conflict {
  return {
    conflict_id: "conflict_1",
    version: 1,
    replica: "default",
    task_id: (yaml ?? database ?? base)!.id,
    kind: !base ? "create/create" : !yaml ? "delete/update" : !database ? "update/delete" : "update/update",
    conflict_reason: "Both YAML and database changed since the last sync",
    fields,
    yaml_updated_at: yaml?.updated_at ?? null,
    db_updated_at: database?.updated_at ?? null,
    yaml_data: yaml,
    db_data: database,
    base_data: base,
    detected_at: "2026-11-22T11:36:30Z",
    yaml_author: null,
    db_author: null,
  };
}

export function run(change: Partial<Run> = {}): Run {
  const none = { inserted: 0, updated: 0, deleted: 0 };
  return {
    status: "success", direction: "bidirectional", trigger: "file", run_id: 7, timestamp: "2026-11-22T11:00:00Z", duration_ms: 12.5,
    dry_run: false, yaml: none, database: none, merged: 0, unchanged: 3, conflicts_detected: 0, conflicts: [], warnings: [],
    waiting: [], waiting_count: 0,
    replica: "default", author: null, ...change,
  };
}

export function plan(change: Partial<Plan> = {}): Plan {
  const { replica: _, author: ___, status: __, ...result } = run({ run_id: null, dry_run: true });
  return { ...result, status: "success", tasks: [], ...change };
}

export function status(change: Partial<Status> = {}): Status {
  return {
    last_sync_timestamp: "2026-11-22T11:00:00Z", total_tasks: 3, pending_conflicts: 0, sync_source: "yaml", in_sync: true,
    replica: "default", timezone: "UTC", owners: {}, version: "0.1.0", uptime_seconds: 60,
    yaml: { path: "config/schedule_config.yml", valid: true, writable: true, tasks: 3, checksum: "ab", modified_at: null, errors: [] },
    database: { backend: "sqlite", reachable: true, tasks: 3, warnings: [] },
    waiting: [], waiting_count: 0, last_error: null, watcher: "running", last_run: null, ...change,
  };
}
