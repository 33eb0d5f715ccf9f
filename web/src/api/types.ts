// The daemon's objects, from its own description of itself (openapi.d.ts: `npm run types`). Ids beyond 2^53 are bigint at
// run time (json.ts): compare them with ===, never subtract.
import type { JsonObject } from "./json.ts";
import type { components } from "./openapi.d.ts";

type Schemas = components["schemas"];
// Parameters and rows are JSON without loss, which OpenAPI has no word for.
type WithParameters<T> = Omit<T, "params_json"> & { params_json: JsonObject };

export type Task = WithParameters<Schemas["Task"]>;
export type TaskStatus = Task["status"];
export type WrittenTask = WithParameters<Schemas["WrittenTask"]>;
export type DeletedTask = Schemas["DeletedTask"];
export type TaskSync = Schemas["YamlSync"];
export type NextRuns = Schemas["NextRuns"];

type Sides = "yaml_data" | "db_data" | "base_data";
export type Conflict = Omit<Schemas["Conflict"], Sides> & Record<Sides, Task | null>;
export type Choice = Schemas["ResolveRequest"]["choice"];
export type Resolved = Omit<Schemas["Resolved"], "task"> & { task: Task | null };
export type BulkResolved = Schemas["BulkResolved"];

export type SyncResult = Schemas["SyncResult"];
export type Direction = SyncResult["direction"];
export type SideCounts = Schemas["Counts"];
export type Guard = Schemas["Guard"];
export type SideName = Guard["side"];
export type Plan = Schemas["Plan"];
export type PlannedTask = Schemas["PlannedTask"];

// A run that the deletion guard stopped has the guard as it was stored, which is what it was.
export type Run = Omit<Schemas["Run"], "guard"> & { guard?: Guard };
export type Change = Omit<Schemas["Change"], "before" | "after"> & { before: JsonObject | null; after: JsonObject | null };
export type RunDetails = Run & { changes: Change[] };
export type UndoStored = Schemas["UndoStored"];

export type Status = Omit<Schemas["Status"], "last_run"> & { last_run: Run | null };
export type WaitingChange = Schemas["WaitingChange"];
export type Diagnostic = Schemas["Diagnostic"];
export type YamlError = Schemas["YamlError"];
export type Warning = Schemas["Warning"];

export type ServerEvent = Exclude<Schemas["Event"], { event: "sync_status_changed" }> | (Omit<Schemas["StatusChanged"], "status"> & { status: Status });
