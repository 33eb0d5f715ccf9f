import assert from "node:assert/strict";
import test from "node:test";
import { stringifyJson, type JsonValue } from "../src/api/json.ts";
import { formErrors } from "../src/model/field_errors.ts";
import { changedFields, createBody, draftOf, emptyDraft, rebase, replaceBody } from "../src/model/task_draft.ts";
import { task } from "./samples.ts";

const original = task({ created_at: "2026-01-01T00:00:00Z", updated_at: "2026-11-01T00:00:00Z" });

test("a draft that was not touched changes nothing", () => {
  assert.deepEqual(changedFields(original, draftOf(original)), []);
});

test("the whole task is sent, less what the daemon keeps itself", () => {
  const made = replaceBody(original, { ...draftOf(original), user_id: "", schedule_cron: "0 3 * * *" });
  assert.ok("body" in made);
  assert.deepEqual(made.body, {
    id: 1, skill_name: "daily_backup", schedule_cron: "0 3 * * *", next_run_at: "2026-11-23T02:00:00Z",
    params_json: { target: "s3://backups/main", keep_days: 30 }, status: "pending", user_id: null,
  });
});

test("a new task leaves to the daemon what is left empty", () => {
  const made = createBody({ ...emptyDraft, skill_name: "a", schedule_cron: "@daily", params_json: "" });
  assert.ok("body" in made);
  assert.deepEqual(made.body, { skill_name: "a", schedule_cron: "@daily", status: "pending", user_id: null, params_json: {} });
});

test("digits survive the form", () => {
  const made = createBody({ ...emptyDraft, id: "9223372036854775807", params_json: '{"n": 12345678901234567890123, "d": 1.50}' });
  assert.ok("body" in made);
  const text = stringifyJson(made.body as unknown as JsonValue);
  assert.match(text, /"id":9223372036854775807/);
  assert.match(text, /"n":12345678901234567890123,"d":1\.50/);
});

test("an id that is none is the daemon's to refuse", () => {
  const made = createBody({ ...emptyDraft, id: "twelve" });
  assert.ok("body" in made && made.body.id === "twelve");
});

test("parameters that are no JSON object are refused at their field", () => {
  for (const [text, message] of [["{", /ends too early/], ["[1]", /must be a JSON object/], ["{a: 1}", /line 1, column 2/]] as const) {
    const made = replaceBody(original, { ...draftOf(original), params_json: text });
    assert.ok("errors" in made);
    assert.match(made.errors.params_json!, message);
  }
});

test("a change of style in the parameters is none", () => {
  assert.deepEqual(changedFields(original, { ...draftOf(original), params_json: '{"keep_days":30.0,"target":"s3://backups/main"}' }), []);
});

test("parameters that are not JSON yet count as changed", () => {
  assert.deepEqual(changedFields(original, { ...draftOf(original), params_json: "{", status: "failed" }), ["status", "params_json"]);
});

test("what the person changed is carried over to a task that changed meanwhile", () => {
  const mine = { ...draftOf(original), schedule_cron: "0 3 * * *", params_json: '{"keep_days": 90}' };
  const now = task({ status: "running", next_run_at: "2026-11-24T02:00:00Z" });
  const { draft, apart } = rebase(original, now, mine);
  assert.deepEqual([draft.schedule_cron, draft.params_json, draft.status, draft.next_run_at], ["0 3 * * *", '{"keep_days": 90}', "running", "2026-11-24T02:00:00Z"]);
  assert.deepEqual(apart, []);
});

test("where both changed a field, the person's value stands and is named", () => {
  const { draft, apart } = rebase(original, task({ schedule_cron: "0 5 * * *" }), { ...draftOf(original), schedule_cron: "0 3 * * *" });
  assert.equal(draft.schedule_cron, "0 3 * * *");
  assert.deepEqual(apart, ["schedule_cron"]);
});

test("errors stand at their fields; those of no field above the form", () => {
  const error = (field: string | null, message: string) => ({ file: "", line: null, column: null, task_id: 1, field, message, source: null });
  const errors = [error("schedule_cron", "a"), error("schedule_cron", "b"), error(null, "c"), error("created_at", "d")];
  assert.deepEqual(formErrors(errors, ["schedule_cron", "status"], "detail"), { fields: { schedule_cron: "a; b" }, form: ["c", "d"] });
  assert.deepEqual(formErrors([], ["status"], "detail"), { fields: {}, form: ["detail"] });
});
