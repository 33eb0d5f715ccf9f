import assert from "node:assert/strict";
import test from "node:test";
import { countByStatus, everyTask, queryFromParameters, queryToParameters, selectTasks, usersOf, type TaskQuery } from "../src/model/task_query.ts";
import { task } from "./samples.ts";

const tasks = [
  task({ id: 3, skill_name: "daily_backup", user_id: "ops", status: "pending" }),
  task({ id: 1, skill_name: "Weekly Report", user_id: null, status: "failed", params_json: { to: "team@example.org" } }),
  task({ id: 2, skill_name: "daily_report", user_id: "reports", status: "disabled", schedule_cron: "30 7 * * mon" }),
];
const ids = (change: Partial<TaskQuery>) => selectTasks(tasks, { ...everyTask, ...change }).map(({ id }) => id);

test("every word must occur, in any field, in any case", () => {
  assert.deepEqual(ids({ text: "DAILY" }), [2, 3]);
  assert.deepEqual(ids({ text: "report  daily" }), [2]);
  assert.deepEqual(ids({ text: "team@" }), [1]);
  assert.deepEqual(ids({ text: "mon" }), [2]);
  assert.deepEqual(ids({ text: "nothing" }), []);
});

test("filters by status and user", () => {
  assert.deepEqual(ids({ statuses: ["failed", "disabled"] }), [1, 2]);
  assert.deepEqual(ids({ user: "ops" }), [3]);
  assert.deepEqual(ids({ user: "ops", statuses: ["failed"] }), []);
});

test("sorts both ways; null stands last, ties keep the order of ids", () => {
  assert.deepEqual(ids({}), [1, 2, 3]);
  assert.deepEqual(ids({ descending: true }), [3, 2, 1]);
  assert.deepEqual(ids({ sort: "user_id" }), [3, 2, 1]);
  assert.deepEqual(ids({ sort: "next_run_at" }), [1, 2, 3]);
  assert.deepEqual(ids({ sort: "next_run_at", descending: true }), [1, 2, 3]);
});

test("ids beyond 2^53 have their place", () => {
  const large = [task({ id: 9223372036854775807n as unknown as number }), task({ id: 5 }), task({ id: 9223372036854775806n as unknown as number })];
  assert.deepEqual(selectTasks(large, everyTask).map(({ id }) => String(id)), ["5", "9223372036854775806", "9223372036854775807"]);
  assert.equal(selectTasks(large, { ...everyTask, text: "775806" }).length, 1);
});

test("the list that was given is left as it was", () => {
  const order = tasks.map(({ id }) => id);
  selectTasks(tasks, everyTask);
  assert.deepEqual(tasks.map(({ id }) => id), order);
});

test("a query survives the address, and nonsense there does no harm", () => {
  const query: TaskQuery = { text: "a&b = c", statuses: ["failed", "pending"], user: "ops/night", sort: "next_run_at", descending: true };
  assert.deepEqual(queryFromParameters(new URLSearchParams(queryToParameters(query).toString())), query);
  assert.equal(queryToParameters(everyTask).toString(), "");
  assert.deepEqual(queryFromParameters(new URLSearchParams("status=bad,failed&sort=-colour&x=1")), { ...everyTask, statuses: ["failed"], descending: true });
});

test("what there is to filter by", () => {
  assert.deepEqual(countByStatus(tasks), { pending: 1, running: 0, completed: 0, failed: 1, disabled: 1 });
  assert.deepEqual(usersOf(tasks), ["ops", "reports"]);
});
