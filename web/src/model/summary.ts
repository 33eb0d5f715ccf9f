// How things stand, in the order in which a person on call wants to know.
import type { Plan, Status } from "../api/types.ts";

export type Level = "good" | "working" | "attention" | "broken" | "unknown";
export type ViewName = "conflicts" | "tasks" | "timeline" | "history" | "problems";

export interface Finding {
  level: Level;
  text: string;
  leadsTo: ViewName | "guard" | null;  // where to do something about it
}

export function counted(n: number, word: string, plural = `${word}s`): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? word : plural}`;
}

/** The worst first; never empty. `plan`: what a sync would do, where that is known. */
export function findings(status: Status | null, plan: Plan | null, online: boolean): Finding[] {
  if (!status) return [{ level: "unknown", text: online ? "loading" : "offline", leadsTo: null }];
  const found: Finding[] = [];
  if (!online) found.push({ level: "unknown", text: "offline", leadsTo: null });
  if (!status.database.reachable) found.push({ level: "broken", text: "database unreachable", leadsTo: "problems" });
  if (!status.yaml.valid) {
    const missing = status.yaml.checksum === null;
    found.push({ level: "broken", text: missing ? "YAML missing" : "YAML invalid", leadsTo: "problems" });
  }
  if (status.pending_conflicts > 0) {
    found.push({ level: "attention", text: counted(status.pending_conflicts, "conflict"), leadsTo: "conflicts" });
  }
  if (status.database.reachable && status.yaml.valid && !status.yaml.writable) {
    found.push({ level: "attention", text: "YAML read-only", leadsTo: "problems" });
  }
  if (status.database.warnings.length > 0) {
    found.push({ level: "attention", text: counted(status.database.warnings.length, "invalid row"), leadsTo: "problems" });
  }
  const waiting = waitingBesidesInvalidRows(status);
  if (waiting > 0) found.push({ level: "attention", text: waiting === 1 ? "1 change waits" : `${counted(waiting, "change")} wait`, leadsTo: "problems" });
  if (status.last_error && status.database.reachable && status.yaml.valid) {
    found.push({ level: "broken", text: "syncs fail", leadsTo: "problems" });
  }
  if (status.watcher === "stopped") found.push({ level: "attention", text: "file watcher stopped", leadsTo: null });
  const readable = status.database.reachable && status.yaml.valid;
  const due = plan && changesDue(plan);
  if (readable && plan?.guard) {
    found.push({ level: "attention", text: `${counted(plan.guard.would_delete, "deletion")} held back`, leadsTo: "guard" });
  } else if (readable && due) {
    found.push({ level: "working", text: `${counted(due, "change")} due`, leadsTo: null });
  } else if (readable && due === null && !status.in_sync && status.pending_conflicts === 0 && status.waiting_count === 0 && !status.last_error) {
    found.push({ level: "working", text: "changes due", leadsTo: null });
  }
  return found.length > 0 ? found : [{ level: "good", text: "in sync", leadsTo: null }];
}

/** An invalid row is named as such. */
export function waitingBesidesInvalidRows(status: Status): number {
  const invalid = new Set(status.database.warnings.map(({ task_id }) => task_id));
  return status.waiting_count - status.waiting.filter(({ task_id }) => invalid.has(task_id)).length;
}

/** What the view of problems lists. */
export function countProblems(status: Status): number {
  const unreachable = status.database.reachable ? 0 : 1;
  const failed = status.last_error && status.yaml.valid && status.database.reachable ? 1 : 0;
  return status.yaml.errors.length + status.database.warnings.length + waitingBesidesInvalidRows(status) + unreachable + failed;
}

/** Writes that a sync would do, on both sides. */
export function changesDue(plan: Plan): number {
  const sum = ({ inserted, updated, deleted }: Plan["yaml"]) => inserted + updated + deleted;
  return sum(plan.yaml) + sum(plan.database);
}

/** Where to begin: where something waits for a decision. */
export function firstView(status: Status | null): ViewName {
  if (!status) return "tasks";
  if (!status.yaml.valid || !status.database.reachable || status.last_error) return "problems";
  return status.pending_conflicts > 0 ? "conflicts" : "tasks";
}

/** For the window's title, so that a tab in the background says it too. */
export function titleOf(found: Finding[]): string {
  const worst = found[0]!;
  return worst.level === "good" ? "lockstep" : `${worst.text} · lockstep`;
}
