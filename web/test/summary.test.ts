import assert from "node:assert/strict";
import test from "node:test";
import { changesDue, countProblems, findings, firstView, titleOf } from "../src/model/summary.ts";
import type { Status } from "../src/api/types.ts";
import { plan, status } from "./samples.ts";

const planned = (updated: number) => plan({ yaml: { inserted: 0, updated, deleted: 0 } });
const texts = (change: Partial<Status>, due: number | null = null, online = true) =>
  findings(status(change), due === null ? null : planned(due), online).map(({ text }) => text);
const good = status();
const failure = { at: "2026-11-22T11:00:00Z", title: "The operation failed", detail: "no space left" };
const waits = (task_id: number) => ({ task_id, field: "status", side: "database" as const, reason: "a check", since: "2026-11-22T11:00:00Z" });

test("how things stand, the worst first", () => {
  const cases: [string, Partial<Status>, number | null, string[]][] = [
    ["all is well", {}, null, ["in sync"]],
    ["something waits to be synced", { in_sync: false }, 3, ["3 changes due"]],
    ["one change", { in_sync: false }, 1, ["1 change due"]],
    ["how much is not known yet", { in_sync: false }, null, ["changes due"]],
    ["conflicts", { in_sync: false, pending_conflicts: 2 }, 0, ["2 conflicts"]],
    ["conflicts, and changes besides", { in_sync: false, pending_conflicts: 1 }, 2, ["1 conflict", "2 changes due"]],
    ["invalid YAML", { in_sync: false, yaml: { ...good.yaml, valid: false } }, null, ["YAML invalid"]],
    ["no YAML", { in_sync: false, yaml: { ...good.yaml, valid: false, checksum: null } }, null, ["YAML missing"]],
    ["no database", { in_sync: false, database: { ...good.database, reachable: false } }, null, ["database unreachable"]],
    ["read-only", { yaml: { ...good.yaml, writable: false } }, null, ["YAML read-only"]],
    ["a row that breaks the rules", { database: { ...good.database, warnings: [{ message: "", task_id: 5, line: null }] } }, null, ["1 invalid row"]],
    ["changes that cannot be carried over", { in_sync: false, waiting: [waits(7), waits(8)], waiting_count: 2 }, null, ["2 changes wait"]],
    [
      "one of them because its row is invalid",
      { in_sync: false, waiting: [waits(5), waits(7)], waiting_count: 2, database: { ...good.database, warnings: [{ message: "", task_id: 5, line: null }] } },
      null,
      ["1 invalid row", "1 change waits"],
    ],
    ["a sync that failed", { in_sync: false, last_error: failure }, null, ["syncs fail"]],
    ["nobody watches the file", { watcher: "stopped" }, null, ["file watcher stopped"]],
    [
      "everything at once",
      { in_sync: false, pending_conflicts: 1, yaml: { ...good.yaml, valid: false }, database: { ...good.database, reachable: false } },
      null,
      ["database unreachable", "YAML invalid", "1 conflict"],
    ],
  ];
  for (const [name, change, due, expected] of cases) assert.deepEqual(texts(change, due), expected, name);
});

test("offline says so first, and keeps what was known", () => {
  assert.deepEqual(texts({ pending_conflicts: 1 }, null, false), ["offline", "1 conflict"]);
  assert.deepEqual(findings(null, null, false).map(({ text }) => text), ["offline"]);
  assert.deepEqual(findings(null, null, true).map(({ text }) => text), ["loading"]);
});

test("one begins where something waits for a decision", () => {
  assert.equal(firstView(null), "tasks");
  assert.equal(firstView(good), "tasks");
  assert.equal(firstView(status({ pending_conflicts: 1 })), "conflicts");
  assert.equal(firstView(status({ pending_conflicts: 1, yaml: { ...good.yaml, valid: false } })), "problems");
});

test("what the view of problems lists is counted, each once", () => {
  assert.equal(countProblems(good), 0);
  const invalid = { ...good.database, warnings: [{ message: "", task_id: 5, line: null }] };
  assert.equal(countProblems(status({ database: invalid, waiting: [waits(5), waits(7)], waiting_count: 2, last_error: failure })), 3);
  assert.equal(firstView(status({ last_error: failure })), "problems");
});

test("the window's title says the worst", () => {
  assert.equal(titleOf(findings(good, null, true)), "lockstep");
  assert.equal(titleOf(findings(status({ pending_conflicts: 3 }), null, true)), "3 conflicts · lockstep");
});

test("changes due are writes on both sides", () => {
  assert.equal(changesDue(plan({ yaml: { inserted: 1, updated: 2, deleted: 0 }, database: { inserted: 0, updated: 0, deleted: 4 } })), 7);
});

test("deletions that wait for a word are not just changes", () => {
  const guard = { side: "database" as const, would_delete: 15, task_ids: [1], of: 20, max_delete_percent: 50 };
  const found = findings(status({ in_sync: false }), plan({ guard, database: { inserted: 0, updated: 0, deleted: 15 } }), true);
  assert.deepEqual(found.map(({ text, leadsTo }) => [text, leadsTo]), [["15 deletions held back", "guard"]]);
});
