// The daemon's events, carried into the store.
import { get, Problem } from "../api/client.ts";
import type { Conflict, ServerEvent, Status } from "../api/types.ts";
import { Connection, type Listener, type Surroundings } from "../live/connection.ts";
import * as store from "./store.ts";

const surroundings: Surroundings = {
  open: (url) => new WebSocket(url) as unknown as ReturnType<Surroundings["open"]>,
  later(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
  now: Date.now,
};

// When the daemon that we last spoke to started: another one's events do not follow on what we know.
let serverStarted: number | null = null;
const startTolerance = 5_000;

// The newest run whose tasks have been asked for. The status in the store may be newer: it is also read by itself.
let newestRun: number | null = null;

const listener: Listener = {
  event: take,
  connected(replayed) {
    store.retryAt.value = null;
    void afterConnecting(replayed);
  },
  waiting(retryAt) {
    store.retryAt.value = retryAt;
    void learnWhy();
  },
};

let connection: Connection | null = null;

export function startLive(): void {
  const url = new URL("./ws/sync", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  connection = new Connection(url.href, listener, surroundings);
  connection.start();
  window.addEventListener("online", () => connection?.retryNow());
}

export function retryNow(): void {
  connection?.retryNow();
}

async function afterConnecting(replayed: boolean): Promise<void> {
  await store.loadStatus();
  const status = store.status.value;
  const started = status ? Date.now() - status.uptime_seconds * 1000 : null;
  const sameServer = started !== null && serverStarted !== null && Math.abs(started - serverStarted) < startTolerance;
  serverStarted = started;
  store.online.value = true;
  if (replayed && sameServer) return;
  newestRun = status?.last_run?.run_id ?? null;
  store.loadEverything();
}

// A WebSocket that could not be opened does not say why: a plain request does.
async function learnWhy(): Promise<void> {
  try {
    store.takeStatus(await get<Status>("/api/sync/status"));
    store.online.value = true;
    if (!store.tasks.value) store.loadEverything();  // where no WebSocket gets through, the rest still does
  } catch (error) {
    store.noteProblem(error);
    store.online.value = error instanceof Problem && error.status === 401;
  }
}

function take(event: ServerEvent): void {
  store.lastContact.value = Date.now();
  switch (event.event) {
    case "schedule_config_updated":
      store.refreshTasks(event.task_count > event.task_ids.length ? "all" : event.task_ids);
      break;
    case "sync_conflict_detected":
      void loadConflict(event.conflict_id);
      break;
    case "sync_conflict_resolved":
      store.dropConflict(event.conflict_id);
      store.refreshTasks([event.task_id]);
      break;
    case "sync_status_changed":
      takeStatus(event.status);
      break;
  }
}

function takeStatus(status: Status): void {
  const before = store.status.value;
  store.takeStatusEvent(status);
  if (before && !before.database.reachable && status.database.reachable) return store.loadEverything();
  const run = status.last_run?.run_id ?? null;
  const isNew = run !== null && run !== newestRun;
  if (isNew) {
    newestRun = run;
    void store.refreshTasksOfRun(run);
  }
  if (run !== null) store.noteRun(run);
  // A conflict that moved on has no event of its own: each run may have refreshed those that are pending.
  if (status.pending_conflicts > 0 || store.conflicts.value?.length) void store.loadConflicts();
  if (before && before.database.tasks !== status.database.tasks && !isNew) store.refreshTasks("all");
}

async function loadConflict(id: string): Promise<void> {
  try {
    store.takeConflict(await get<Conflict>(`/api/sync/conflicts/${id}`));
  } catch (error) {
    store.noteProblem(error);  // 404: settled already
  }
}
