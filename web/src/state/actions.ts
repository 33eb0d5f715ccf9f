// What the page asks the daemon to do. Each says how it went; the store follows by the daemon's events, and at once
// where waiting for them would show something old.
import { signal } from "@preact/signals";
import { get, Problem, request } from "../api/client.ts";
import type {
  BulkResolved, Choice, Conflict, DeletedTask, Direction, Guard, Plan, Resolved, Run, SyncResult, Task, TaskSync, UndoStored, WrittenTask,
} from "../api/types.ts";
import { countsText } from "../model/changes.ts";
import { resolveBody, type FieldDecisions } from "../model/resolution.ts";
import { counted } from "../model/summary.ts";
import { replaceBody, createBody, type Draft } from "../model/task_draft.ts";
import { explain, say } from "./notices.ts";
import { addressOf, go } from "./route.ts";
import * as store from "./store.ts";

export interface SyncOptions {
  direction: Direction;
  force: boolean;
  maxDeletePercent: number | null;
}

export const syncing = signal(false);
/** What the deletion guard stopped, until the person says what to do. */
export const stopped = signal<{ guard: Guard; options: SyncOptions } | null>(null);

export const plainSync: SyncOptions = { direction: "bidirectional", force: false, maxDeletePercent: null };

/** Opens the question that a sync would stop at. */
export function askAboutDeletions(): void {
  const guard = store.plan.value?.guard;
  if (guard) stopped.value = { guard, options: plainSync };
}

export async function syncNow(options: SyncOptions = plainSync): Promise<void> {
  syncing.value = true;
  try {
    const body: Record<string, unknown> = { direction: options.direction, force: options.force };
    if (options.maxDeletePercent !== null) body.max_delete_percent = options.maxDeletePercent;
    const { data } = await request<SyncResult>("POST", "/api/sync/trigger", body);
    say(`Synced: ${countsText(data)}.`);
  } catch (error) {
    refusedSync(error, options);
  } finally {
    syncing.value = false;
    void store.loadStatus();
  }
}

function refusedSync(error: unknown, options: SyncOptions): void {
  store.noteProblem(error);
  const problem = error as Problem;
  const guard = problem.member<Guard>("guard");
  const result = problem.member<SyncResult>("result");
  if (guard) {
    stopped.value = { guard, options };
  } else if (problem.status === 409 && result) {
    say(`Synced: ${countsText(result)}.`);
    void store.loadConflicts();
    go(addressOf("conflicts"));
  } else {
    say(explain(problem), "failed");
    if (problem.status === 422) go(addressOf("problems"));
  }
}

export async function planOf(direction: Direction, force: boolean): Promise<Plan> {
  return get<Plan>(`/api/sync/plan?direction=${direction}${force ? "&force=true" : ""}`);
}

export type ResolveAnswer = "done" | "moved" | { refused: string };

export async function resolve(conflict: Conflict, choice: Choice, decisions: FieldDecisions): Promise<ResolveAnswer> {
  const path = `/api/sync/conflicts/${conflict.conflict_id}/resolve`;
  try {
    const { data } = await request<Resolved>("POST", path, resolveBody(conflict, choice, decisions));
    const moved = data.new_task_id === undefined ? "" : ` The YAML's task is now task ${data.new_task_id}.`;
    say(data.status === "stored" ? data.message : `Task ${data.task_id}: ${data.message}.${moved}`.replace(/\.\./g, "."));
    if (data.status === "success") store.dropConflict(conflict.conflict_id);
    store.refreshTasks([data.task_id]);
    void store.loadStatus();
    return "done";
  } catch (error) {
    store.noteProblem(error);
    const problem = error as Problem;
    const current = problem.member<Conflict>("conflict");
    if (problem.status === 409 && current) {
      store.takeConflict(current);
      return "moved";
    }
    if (problem.status === 404) {
      store.dropConflict(conflict.conflict_id);
      say(`${conflict.conflict_id} is settled already.`);
      return "done";
    }
    return { refused: explain(problem) };
  }
}

/**
 * Resolves all of `seen`, unless one is no longer as it was seen: then none is, and true is returned: the list shows them
 * as they are now.
 */
export async function resolveMany(seen: readonly Conflict[], choice: Choice): Promise<boolean> {
  try {
    await store.loadConflicts();
    const current = new Map((store.conflicts.value ?? []).map((conflict) => [conflict.conflict_id, conflict.version]));
    if (seen.some((conflict) => current.get(conflict.conflict_id) !== conflict.version)) return true;
    const ids = seen.map((conflict) => conflict.conflict_id);
    const { data } = await request<BulkResolved>("POST", "/api/sync/conflicts/resolve", { choice, conflict_ids: ids });
    if (data.resolved.length > 0) say(`${counted(data.resolved.length, "conflict")} resolved.`);
    for (const failure of data.failed) say(`${failure.conflict_id}: ${failure.problem.detail}`, "failed");
  } catch (error) {
    store.noteProblem(error);
    say(explain(error), "failed");
  }
  void store.loadConflicts();
  void store.loadStatus();
  return false;
}

export interface TaskAndTag {
  task: Task;
  etag: string | null;
}

export async function fetchTask(id: number): Promise<TaskAndTag> {
  const { data, headers } = await request<Task>("GET", `/api/tasks/${id}`);
  return { task: data, etag: headers.get("ETag") };
}

export async function createTask(draft: Draft): Promise<Task> {
  const made = createBody(draft);
  if ("errors" in made) throw new Error("the draft was not checked");
  const { data } = await request<WrittenTask>("POST", "/api/tasks", made.body);
  written(data, `Task ${data.id} created`);
  return data;
}

export async function replaceTask({ task, etag }: TaskAndTag, draft: Draft): Promise<void> {
  const made = replaceBody(task, draft);
  if ("errors" in made) throw new Error("the draft was not checked");
  const { data } = await request<WrittenTask>("PUT", `/api/tasks/${task.id}`, made.body, ifMatch(etag));
  written(data, `Task ${task.id} saved`);
}

export async function setDisabled({ task, etag }: TaskAndTag, disabled: boolean): Promise<void> {
  const body = { status: disabled ? "disabled" : "pending" };
  const { data } = await request<WrittenTask>("PATCH", `/api/tasks/${task.id}`, body, ifMatch(etag));
  written(data, `Task ${task.id} ${disabled ? "disabled" : "enabled"}`);
}

export async function deleteTask({ task, etag }: TaskAndTag): Promise<void> {
  const { data } = await request<DeletedTask | null>("DELETE", `/api/tasks/${task.id}`, undefined, ifMatch(etag));
  sayWritten(`Task ${task.id} deleted`, data?.sync);
  store.refreshTasks([task.id]);
}

function ifMatch(etag: string | null): Record<string, string> {
  return etag === null ? {} : { "If-Match": etag };
}

function written(task: WrittenTask, what: string): void {
  sayWritten(what, task.sync);
  store.refreshTasks([task.id]);
}

function sayWritten(what: string, sync: TaskSync | undefined): void {
  if (!sync || sync.yaml === "written") say(`${what}, in the database and the YAML.`);
  else say(`${what} in the database; the YAML ${sync.yaml === "conflict" ? "is in conflict" : "follows later"}${sync.detail ? `: ${sync.detail}` : "."}`, "failed");
}

export type UndoAnswer = "done" | { changed: { task_id: number; side: string }[]; detail: string } | { refused: string };

export async function undoRun(run: Run): Promise<UndoAnswer> {
  try {
    const { data } = await request<SyncResult | UndoStored>("POST", `/api/sync/history/${run.run_id}/undo`);
    say(data.status === "stored" ? (data as UndoStored).message : `Run ${run.run_id} undone: ${countsText(data as SyncResult)}.`);
    void store.loadStatus();
    void store.loadRuns();
    return "done";
  } catch (error) {
    store.noteProblem(error);
    const problem = error as Problem;
    const changed = problem.member<{ task_id: number; side: string }[]>("changed");
    return changed ? { changed, detail: explain(problem) } : { refused: explain(problem) };
  }
}
