// What the page knows of the daemon, and how it reads it again. Everything that changes it goes through here.
import { computed, signal } from "@preact/signals";
import { get, Problem, request } from "../api/client.ts";
import type { Conflict, Plan, Run, RunDetails, Status, Task } from "../api/types.ts";
import type { Owners } from "../model/resolution.ts";
import { findings } from "../model/summary.ts";
import { refresher } from "./refresher.ts";

export const now = signal(Date.now());
export const online = signal(true);
export const retryAt = signal<number | null>(null);
export const lastContact = signal<number | null>(null);
export const needsLogin = signal(false);

export const status = signal<Status | null>(null);
export const plan = signal<Plan | null>(null);  // what a sync would do; null: not known, or nothing to know
export const conflicts = signal<Conflict[] | null>(null);
export const conflictsTotal = signal(0);
export const tasks = signal<ReadonlyMap<number, Task> | null>(null);
export const runs = signal<Run[] | null>(null);
export const moreRuns = signal(false);
export const scheduleZone = computed(() => status.value?.timezone ?? null);
export const owners = computed<Owners>(() => status.value?.owners ?? {});

export const taskList = computed(() => [...(tasks.value?.values() ?? [])]);
export const conflictByTask = computed(() => new Map((conflicts.value ?? []).map((conflict) => [conflict.task_id, conflict])));
export const state = computed(() => findings(status.value, plan.value, online.value));
export const conflictsShown = 200;
const runsShown = 50;
const fetchOneByOne = 25;

/** Runs a read; a lost session or server becomes a state of the page, all else is left to the caller. */
async function reading(read: () => Promise<void>): Promise<void> {
  try {
    await read();
    lastContact.value = Date.now();
  } catch (error) {
    noteProblem(error);
  }
}

/** Takes note of what a refusal says about the session. */
export function noteProblem(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 401) needsLogin.value = true;
  const known = status.value;
  if (error.status === 503 && known) status.value = { ...known, database: { ...known.database, reachable: false } };
}

// An answer may be older than an event that overtook it. Dropping it loses nothing: whatever is newer has an event of its own.
let statusEvents = 0;
export const loadStatus = refresher(() =>
  reading(async () => {
    const before = statusEvents;
    const current = await get<Status>("/api/sync/status");
    if (before === statusEvents) takeStatus(current);
  }),
);

export function takeStatusEvent(current: Status): void {
  ++statusEvents;
  takeStatus(current);
}

export function takeStatus(current: Status): void {
  status.value = current;
  needsLogin.value = false;
  if (current.in_sync || !current.yaml.valid || !current.database.reachable) plan.value = null;
  else void loadPlan();
}

const loadPlan = refresher(() =>
  reading(async () => {
    plan.value = await get<Plan>("/api/sync/plan");
  }),
);

export const loadConflicts = refresher(() =>
  reading(async () => {
    const { data, headers } = await request<Conflict[]>("GET", `/api/sync/conflicts?limit=${conflictsShown}`);
    conflicts.value = data;
    conflictsTotal.value = Number(headers.get("X-Total-Count") ?? data.length);
  }),
);

/** Puts a conflict's current state in its place. */
export function takeConflict(conflict: Conflict): void {
  const list = conflicts.value ?? [];
  const known = list.some((other) => other.conflict_id === conflict.conflict_id);
  conflicts.value = known ? list.map((other) => (other.conflict_id === conflict.conflict_id ? conflict : other)) : [...list, conflict];
  if (!known) ++conflictsTotal.value;
}

export function dropConflict(id: string): void {
  if (!conflicts.value?.some((conflict) => conflict.conflict_id === id)) return;
  conflicts.value = conflicts.value.filter((conflict) => conflict.conflict_id !== id);
  --conflictsTotal.value;
}

export const loadTasks = refresher(() =>
  reading(async () => {
    const list = await get<Task[]>("/api/tasks");
    tasks.value = new Map(list.map((task) => [task.id, task]));
  }),
);

let stale: Set<number> | "all" = new Set();
const loadStale = refresher(async () => {
  const ids = stale;
  stale = new Set();
  if (ids === "all" || ids.size > fetchOneByOne || !tasks.value) return loadTasks();
  await reading(async () => {
    const found = await Promise.all([...ids].map(async (id) => [id, await taskOrNull(id)] as const));
    const all = new Map(tasks.value);
    for (const [id, task] of found) {
      if (task) all.set(id, task);
      else all.delete(id);
    }
    tasks.value = all;
  });
});

/** These tasks changed; `all`: who knows which. */
export function refreshTasks(ids: Iterable<number> | "all"): void {
  if (ids === "all" || stale === "all") stale = "all";
  else for (const id of ids) stale.add(id);
  if (stale === "all" || stale.size > 0) void loadStale();
}

async function taskOrNull(id: number): Promise<Task | null> {
  try {
    return await get<Task>(`/api/tasks/${id}`);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

// From the first look at the history on. That its first read has not come back yet does not make it right: what happened
// since the daemon answered would be missed.
let runsWanted = false;
export const loadRuns = refresher(() =>
  reading(async () => {
    runsWanted = true;
    // As many as were shown, so that a list somebody has read far into stays as long.
    const limit = Math.max(runsShown, runs.value?.length ?? 0);
    const list = await get<Run[]>(`/api/sync/history?limit=${limit}`);
    runs.value = list;
    moreRuns.value = list.length === limit;
  }),
);

/** This run is known to have been. */
export function noteRun(id: number): void {
  if (runsWanted && !runs.value?.some((run) => run.run_id === id)) void loadRuns();
}

export async function loadOlderRuns(): Promise<void> {
  const last = runs.value?.at(-1);
  if (!last) return;
  await reading(async () => {
    const older = await get<Run[]>(`/api/sync/history?limit=${runsShown}&before=${last.run_id}`);
    runs.value = [...(runs.value ?? []), ...older];
    moreRuns.value = older.length === runsShown;
  });
}

/** The tasks that a run wrote, to be read again. */
export async function refreshTasksOfRun(id: number): Promise<void> {
  await reading(async () => {
    const { changes } = await get<RunDetails>(`/api/sync/history/${id}`);
    refreshTasks(new Set(changes.map((change) => change.task_id)));
  });
}

export function loadEverything(): void {
  void loadStatus();
  void loadConflicts();
  void loadTasks();
  if (runsWanted) void loadRuns();
}
