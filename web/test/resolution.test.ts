import assert from "node:assert/strict";
import test from "node:test";
import { outcomeText } from "../src/model/outcome_text.ts";
import {
  decisionsKept, fieldViews, outcomeOf, possibleChoices, resolveBody, spelledOut, type FieldDecisions,
} from "../src/model/resolution.ts";
import { conflict, task } from "./samples.ts";

const base = task();
// Both changed the schedule, the YAML the user besides, the database the status.
const both = conflict(base, task({ schedule_cron: "30 4 * * *", user_id: "night" }), task({ schedule_cron: "0 6 * * *", status: "disabled" }), ["schedule_cron"]);

test("keep_yaml and keep_db take a side as it is", () => {
  const yaml = outcomeOf(both, "keep_yaml");
  assert.equal(yaml.task?.schedule_cron, "30 4 * * *");
  assert.equal(yaml.task?.status, "pending");
  assert.deepEqual(yaml.yaml, { action: "none" });
  assert.deepEqual(yaml.database, { action: "update", fields: ["schedule_cron", "status", "user_id"] });
  const database = outcomeOf(both, "keep_db");
  assert.equal(database.task?.user_id, "ops");
  assert.deepEqual(database.database, { action: "none" });
});

test("merge: the side that changed a field; where both did, the status is the database's, all else the YAML's", () => {
  const merged = outcomeOf(both, "merge");
  assert.deepEqual(
    [merged.task?.schedule_cron, merged.task?.status, merged.task?.user_id],
    ["30 4 * * *", "disabled", "night"],
  );
  assert.equal(outcomeText(merged), "Database: schedule_cron, user_id updated. YAML: status updated");
  const statuses = conflict(base, task({ status: "failed" }), task({ status: "completed" }), ["status"]);
  assert.equal(outcomeOf(statuses, "merge").task?.status, "completed");
});

test("merge of a conflict in which only one side changed takes that side", () => {
  // A read sync: the database alone changed.
  const oneWay = conflict(base, task(), task({ user_id: "night" }), ["user_id"]);
  assert.equal(outcomeOf(oneWay, "merge").task?.user_id, "night");
});

test("merge without a base: every field that differs counts as changed by both", () => {
  const created = conflict(null, task({ user_id: "a", status: "failed" }), task({ user_id: "b", status: "running" }), ["user_id", "status"]);
  const merged = outcomeOf(created, "merge");
  assert.deepEqual([merged.task?.user_id, merged.task?.status], ["a", "running"]);
});

test("custom: a side or an own value per field; what is not decided is named", () => {
  const open = outcomeOf(both, "custom", {});
  assert.deepEqual(open.undecided, ["schedule_cron"]);
  const decisions: FieldDecisions = { schedule_cron: { from: "database" }, user_id: { from: "own", value: null } };
  const done = outcomeOf(both, "custom", decisions);
  assert.deepEqual(done.undecided, []);
  assert.deepEqual([done.task?.schedule_cron, done.task?.status, done.task?.user_id], ["0 6 * * *", "disabled", null]);
  assert.deepEqual(done.yaml, { action: "update", fields: ["schedule_cron", "status", "user_id"] });
  assert.deepEqual(resolveBody(both, "custom", decisions), {
    choice: "custom", version: 1, fields: { schedule_cron: "db", user_id: { value: null } },
  });
});

test("the other choices send no fields", () => {
  assert.deepEqual(resolveBody(both, "merge", { user_id: { from: "yaml" } }), { choice: "merge", version: 1 });
});

test("a deletion leaves two choices, and keeping it deletes", () => {
  const deleted = conflict(base, null, task({ user_id: "night" }), ["user_id"]);
  assert.deepEqual(possibleChoices(deleted), ["keep_yaml", "keep_db"]);
  const gone = outcomeOf(deleted, "keep_yaml");
  assert.equal(gone.task, null);
  assert.equal(outcomeText(gone), "Database: task deleted. YAML: stays as it is");
  assert.equal(outcomeText(outcomeOf(deleted, "keep_db")), "Database: stays as it is. YAML: task added");
});

test("keep_both only where both made the task", () => {
  assert.deepEqual(possibleChoices(both), ["keep_yaml", "keep_db", "merge", "custom"]);
  const created = conflict(null, task({ user_id: "a" }), task({ user_id: "b" }), ["user_id"]);
  assert.deepEqual(possibleChoices(created), ["keep_yaml", "keep_db", "merge", "custom", "keep_both"]);
  const kept = outcomeOf(created, "keep_both");
  assert.equal(kept.task?.user_id, "b");
  assert.equal(kept.moved?.user_id, "a");
});

test("parameters that differ in style only are equal", () => {
  const styled = conflict(base, task({ params_json: { keep_days: 30, target: "s3://backups/main" }, user_id: "a" }), task({ user_id: "b" }), ["user_id"]);
  const parameters = fieldViews(styled).find((view) => view.spec.name === "params_json")!;
  assert.ok(!parameters.differs && !parameters.yamlChanged);
});

test("a choice spelled out field by field can be changed in one of them", () => {
  assert.deepEqual(spelledOut(both, "keep_db", {}), {
    schedule_cron: { from: "database" }, status: { from: "database" }, user_id: { from: "database" },
  });
  assert.deepEqual(spelledOut(both, "merge", {}), {
    schedule_cron: { from: "yaml" }, status: { from: "database" }, user_id: { from: "yaml" },
  });
  assert.deepEqual(spelledOut(both, null, { user_id: { from: "yaml" } }), { user_id: { from: "yaml" } });
});

test("of a conflict that moved on, decisions on what stayed are kept", () => {
  const moved = conflict(base, both.yaml_data, task({ schedule_cron: "0 7 * * *", status: "disabled" }), ["schedule_cron"]);
  const decisions: FieldDecisions = { schedule_cron: { from: "database" }, user_id: { from: "yaml" } };
  assert.deepEqual(decisionsKept(both, moved, decisions), { user_id: { from: "yaml" } });
});

test("a field with an owner takes its value whatever is chosen, unless it is named", () => {
  const owners = { status: "database", next_run_at: "database" } as const;
  const seen = conflict(
    base,
    task({ schedule_cron: "30 4 * * *" }),
    task({ schedule_cron: "0 6 * * *", status: "running", next_run_at: "2026-11-24T02:00:00Z" }),
    ["schedule_cron"],
  );
  const kept = outcomeOf(seen, "keep_yaml", {}, owners);
  assert.deepEqual([kept.task?.schedule_cron, kept.task?.status], ["30 4 * * *", "running"]);
  assert.equal(outcomeText(kept), "Database: schedule_cron updated. YAML: next_run_at, status updated");
  assert.equal(outcomeOf(seen, "custom", { schedule_cron: { from: "yaml" }, status: { from: "yaml" } }, owners).task?.status, "pending");
  const deleted = conflict(base, null, task({ user_id: "night", status: "running" }), ["user_id"]);
  assert.equal(outcomeOf(deleted, "keep_yaml", {}, owners).task, null);
});
