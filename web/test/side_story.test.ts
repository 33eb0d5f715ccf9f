import assert from "node:assert/strict";
import test from "node:test";
import { conflictHeadline, lastAgreement, storyOf } from "../src/model/side_story.ts";
import { conflict, run, status, task } from "./samples.ts";

const seen = conflict(
  task(),
  task({ schedule_cron: "30 4 * * *", updated_at: "2026-11-22T11:30:00Z" }),
  task({ schedule_cron: "0 6 * * *", status: "disabled", updated_at: "2026-11-22T11:20:00Z" }),
  ["schedule_cron"],
);

test("who changed what, and when", () => {
  const known = status({ yaml: { ...status().yaml, modified_at: "2026-11-22T11:31:00Z" } });
  assert.deepEqual(storyOf(seen, known), [
    {
      side: "yaml",
      what: "changed schedule_cron",
      times: [{ what: "updated_at in the file", timestamp: "2026-11-22T11:30:00Z" }, { what: "file saved", timestamp: "2026-11-22T11:31:00Z" }],
    },
    { side: "database", what: "changed schedule_cron, status", times: [{ what: "updated_at of the row", timestamp: "2026-11-22T11:20:00Z" }] },
  ]);
});

test("deletions, creations and what is not known", () => {
  const what = (one: typeof seen) => storyOf(one, null).map((story) => story.what);
  assert.deepEqual(what(conflict(task(), null, task({ user_id: "b" }), ["user_id"])), ["deleted the task", "changed user_id"]);
  assert.deepEqual(what(conflict(null, task(), task({ user_id: "b" }), ["user_id"])), ["has a task of its own", "has a task of its own"]);
  assert.deepEqual(what(conflict(task(), task(), task({ user_id: "b" }), ["user_id"])), ["unchanged", "changed user_id"]);
});

test("the last run that left the task without a conflict", () => {
  const found = { conflict_id: "conflict_1", task_id: 1, reason: "" };
  const runs = [
    run({ run_id: 9, timestamp: "2026-11-22T12:00:00Z" }),
    run({ run_id: 8, timestamp: "2026-11-22T11:36:30Z", conflicts: [found] }),
    run({ run_id: 7, timestamp: "2026-11-22T11:00:00Z", trigger: "database" }),
  ];
  assert.deepEqual(lastAgreement(seen, runs), { runId: 7, trigger: "the database changed", timestamp: "2026-11-22T11:00:00Z" });
  assert.equal(lastAgreement(seen, []), null);
});

test("the headline names the fields, or what was deleted", () => {
  assert.equal(conflictHeadline(seen), "Both YAML and database changed since the last sync: schedule_cron");
  assert.equal(conflictHeadline({ ...seen, kind: "delete/update", conflict_reason: "Deleted in YAML but changed in database" }), "Deleted in YAML but changed in database");
});
