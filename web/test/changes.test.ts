import assert from "node:assert/strict";
import test from "node:test";
import type { Change } from "../src/api/types.ts";
import type { JsonObject } from "../src/api/json.ts";
import { byTask, countsText, fieldChanges, reversed, triggerText } from "../src/model/changes.ts";
import { run, task } from "./samples.ts";

const row = (change: object): JsonObject => ({ ...task(change) }) as unknown as JsonObject;
const lines = (before: JsonObject | null, after: JsonObject | null) =>
  fieldChanges(before, after).map(({ name, before: old, after: now }) => `${name}: ${JSON.stringify(old)} -> ${JSON.stringify(now)}`);

test("only what changed, parameters key by key, bookkeeping left out", () => {
  assert.deepEqual(
    lines(
      row({ updated_at: "2026-11-22T10:00:00Z", params_json: { keep_days: 30, to: ["a"], retry: { attempts: 3 } } }),
      row({ status: "failed", updated_at: "2026-11-22T11:00:00Z", params_json: { keep_days: 60, to: ["a", "b"], retry: { attempts: 3 } } }),
    ),
    ["params_json.keep_days: 30 -> 60", 'params_json.to[1]: undefined -> "b"', 'status: "pending" -> "failed"'],
  );
  assert.deepEqual(lines(row({}), row({})), []);
});

test("columns that lockstep does not sync are told too", () => {
  assert.deepEqual(lines(row({ notes: "old" }), row({ notes: "new" })), ['notes: "old" -> "new"']);
});

test("what came and what went is shown whole, less what is null", () => {
  assert.deepEqual(lines(null, { id: 1, skill_name: "a", user_id: null }), ['skill_name: undefined -> "a"']);
  assert.deepEqual(lines({ id: 1, skill_name: "a", user_id: null }, null), ['skill_name: "a" -> undefined']);
});

const changes: Change[] = [
  { task_id: 20, side: "yaml", before: row({ skill_name: "old" }), after: row({ skill_name: "new" }), author: null },
  { task_id: 3, side: "database", before: null, after: row({ skill_name: "added" }), author: null },
  { task_id: 20, side: "database", before: row({ skill_name: "old" }), after: null, author: null },
];

test("changes stand task by task, in the order of ids", () => {
  assert.deepEqual(byTask(changes).map(({ taskId, name, changes: views }) => [taskId, name, ...views.map((view) => `${view.side} ${view.action}`)]), [
    [3, "added", "database inserted"],
    [20, "old", "yaml updated", "database deleted"],
  ]);
});

test("taking changes back is their reverse", () => {
  assert.deepEqual(byTask(reversed(changes)).map(({ changes: views }) => views.map((view) => `${view.side} ${view.action}`)), [
    ["database deleted"],
    ["yaml updated", "database inserted"],
  ]);
  assert.deepEqual(reversed(reversed(changes)), changes);
});

test("a run in one line", () => {
  assert.equal(countsText(run({ database: { inserted: 1, updated: 0, deleted: 2 }, yaml: { inserted: 0, updated: 1200, deleted: 0 } })), "database: 1 inserted, 2 deleted; YAML: 1,200 updated");
  assert.equal(countsText(run({ conflicts_detected: 2 })), "2 in conflict");
  assert.equal(countsText(run()), "nothing changed");
  assert.equal(triggerText("file"), "the YAML file changed");
  assert.equal(triggerText("something new"), "something new");
});
