import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import type { Locator, Page } from "playwright-core";
import { accessibilityFaults, open, screenshot } from "./browser.ts";
import { until, Workspace } from "./workspace.ts";

// Task 1: both sides changed the schedule and, in different places, the parameters; the database the status besides.
async function inConflict(test: TestContext, configuration = ""): Promise<Workspace> {
  const workspace = new Workspace(test, undefined, configuration);
  workspace.lockstep("sync");
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *").replace("keep_days: 30", "keep_days: 60"));
  workspace.sql(`update scheduled_tasks set schedule_cron = '0 6 * * *', status = 'disabled', params_json =
    '{"target": "s3://backups/main", "keep_days": 30, "recipients": ["team@example.org", "ops@example.org"], "retry": {"attempts": 5, "delay_seconds": 10}}'
    where id = 1`);
  await workspace.start();
  return workspace;
}

const card = (page: Page): Locator => page.getByRole("article").filter({ hasText: "daily_backup" });
const choose = (page: Page, name: string) => card(page).getByRole("button", { name, exact: true }).click();
const apply = (page: Page) => card(page).getByRole("button", { name: /^Apply/ }).click();
const settled = (page: Page) => page.getByText("No conflicts").waitFor();
const row = (page: Page, field: string) => card(page).getByRole("row").filter({ has: page.getByRole("rowheader", { name: field }) });

/** schedule_cron of task 1 on both sides. */
function schedules(workspace: Workspace): string[] {
  return [/schedule_cron: "([^"]*)" {6}# before the first/.exec(workspace.read())?.[1] ?? "?", workspace.value(1, "schedule_cron")];
}

test("what stands against what: base, YAML and database, parameters key by key", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace);
  await card(page).getByText("Both YAML and database changed since the last sync: schedule_cron, params_json").waitFor();
  assert.match(await row(page, "Schedule").innerText(), /0 2 \* \* \*[^]*30 4 \* \* \*[^]*0 6 \* \* \*/);
  assert.match(await row(page, "keep_days").innerText(), /30\s+60\s+30/);
  assert.match(await row(page, "recipients[1]").innerText(), /–\s+–\s+ops@example\.org/);
  assert.match(await row(page, "retry.attempts").innerText(), /3\s+3\s+5/);
  await card(page).getByText("changed schedule_cron, params_json, status").waitFor();
  assert.equal(await page.getByRole("status").filter({ hasText: "1 conflict" }).count(), 1);
  assert.match(await page.title(), /1 conflict/);
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "conflicts");
});

test("keep YAML", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace);
  await choose(page, "Keep YAML");
  await card(page).getByText("Database: schedule_cron, params_json, status updated. YAML: stays as it is.").waitFor();
  await apply(page);
  await settled(page);
  assert.deepEqual(schedules(workspace), ["30 4 * * *", "30 4 * * *"]);
  assert.equal(workspace.value(1, "status"), "pending");
  await page.getByText("in sync").waitFor();
});

test("keep database", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace);
  await choose(page, "Keep database");
  await card(page).getByText("Database: stays as it is. YAML: schedule_cron, params_json, status updated.").waitFor();
  await apply(page);
  await settled(page);
  assert.deepEqual(schedules(workspace), ["0 6 * * *", "0 6 * * *"]);
  assert.match(workspace.read(), /status: disabled/);
  assert.match(workspace.read(), /# before the first deploys of the day/);
});

test("merge", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace);
  await choose(page, "Merge");
  await screenshot(page, "conflict-merge");
  await apply(page);
  await settled(page);
  assert.deepEqual(schedules(workspace), ["30 4 * * *", "30 4 * * *"]);
  assert.equal(workspace.value(1, "status"), "disabled");
  assert.match(workspace.read(), /status: disabled/);
});

test("field by field: a side for one, both sides' keys together for another, an own value for a third", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace);
  await choose(page, "Field by field");
  await card(page).getByText("Still to decide: schedule_cron, params_json.").waitFor();
  await card(page).getByRole("radio", { name: "Schedule: take the database's value" }).check();
  await card(page).getByRole("button", { name: "Combine both" }).click();
  assert.match(await row(page, "keep_days").innerText(), /60$/);
  await row(page, "Status").getByRole("button", { name: "Own value…" }).click();
  await card(page).getByLabel("Status: own value").selectOption("failed");
  await card(page).getByRole("button", { name: "Use it" }).click();
  await screenshot(page, "conflict-custom");
  await apply(page);
  await settled(page);
  assert.deepEqual(schedules(workspace), ["0 6 * * *", "0 6 * * *"]);
  assert.equal(workspace.value(1, "status"), "failed");
  assert.match(workspace.read(), /keep_days: 60/);
  assert.match(workspace.read(), /ops@example\.org/);
  assert.match(workspace.read(), /attempts: 5/);
});

test("an own value that the daemon refuses is said, and nothing is written", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace, { expectedErrors: /status of 4\d\d/ });
  await choose(page, "Merge");
  await row(page, "Schedule").getByRole("button", { name: "Own value…" }).click();
  await card(page).getByLabel("Schedule: own value").fill("61 * * * *");
  await card(page).getByRole("button", { name: "Use it" }).click();
  await apply(page);
  await card(page).getByRole("alert").filter({ hasText: "61 is out of range" }).waitFor();
  assert.deepEqual(schedules(workspace), ["30 4 * * *", "0 6 * * *"]);
});

test("by keyboard alone", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace);
  await card(page).waitFor();
  const press = async (key: string, label: RegExp) => {
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
      if (label.test(focused)) return page.keyboard.press(key);
    }
    assert.fail(`${label} is not reached by Tab`);
  };
  await press("Enter", /^Merge$/);
  await press("Enter", /^Apply: merge$/);
  await settled(page);
  assert.deepEqual(schedules(workspace), ["30 4 * * *", "30 4 * * *"]);
});

test("one that moves on while one looks at it is shown afresh, decisions on what stayed kept", async (t) => {
  const workspace = await inConflict(t);
  const page = await open(t, workspace);
  await choose(page, "Merge");
  await card(page).getByRole("radio", { name: "Schedule: take the database's value" }).check();
  workspace.sql("update scheduled_tasks set schedule_cron = '15 6 * * *' where id = 1");
  await card(page).getByText("This conflict changed while you looked at it").waitFor();
  assert.match(await row(page, "Schedule").innerText(), /15 6 \* \* \*/);
  await card(page).getByText("Still to decide: schedule_cron.").waitFor();
  assert.ok(await card(page).getByRole("radio", { name: "Status: take the database's value" }).isChecked());
});

test("a decision on what is no longer so is refused, and what is so is shown", async (t) => {
  const workspace = await inConflict(t);
  let deaf = false;
  const page = await open(t, workspace, {
    expectedErrors: /status of 409/,
    prepare: (opened) => opened.routeWebSocket(/ws\/sync/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => void (deaf || socket.send(message)));
    }),
  });
  await choose(page, "Keep YAML");
  deaf = true;
  workspace.sql("update scheduled_tasks set schedule_cron = '15 6 * * *' where id = 1");
  await until("the daemon sees it", () => /15 6/.test(workspace.lockstep("--json", "conflicts")));
  await apply(page);
  await card(page).getByText("This conflict changed while you looked at it").waitFor();
  assert.match(await row(page, "Schedule").innerText(), /15 6 \* \* \*/);
  assert.deepEqual(schedules(workspace), ["30 4 * * *", "15 6 * * *"]);
  await apply(page);
  await settled(page);
  assert.deepEqual(schedules(workspace), ["30 4 * * *", "30 4 * * *"]);
});

test("a deletion leaves two choices", async (t) => {
  const workspace = new Workspace(t);
  workspace.lockstep("sync");
  workspace.edit((text) => text.slice(0, text.indexOf("  - id: 3")));
  workspace.sql("update scheduled_tasks set user_id = 'night' where id = 3");
  await workspace.start();
  const page = await open(t, workspace);
  const conflict = page.getByRole("article").filter({ hasText: "weekly_report" });
  await conflict.getByText("Deleted in YAML but changed in database").waitFor();
  assert.deepEqual(await conflict.getByRole("group", { name: "Decision" }).getByRole("button").allInnerTexts(), ["Keep YAML", "Keep database"]);
  await conflict.getByRole("button", { name: "Keep YAML" }).click();
  await conflict.getByText("Database: task deleted. YAML: stays as it is.").waitFor();
  await conflict.getByRole("button", { name: "Keep database" }).click();
  await conflict.getByText("Database: stays as it is. YAML: task added.").waitFor();
  await conflict.getByRole("button", { name: /^Apply/ }).click();
  await settled(page);
  assert.match(workspace.read(), /skill_name: weekly_report/);
});

test("two tasks of one id: both are kept", async (t) => {
  const workspace = new Workspace(t);
  workspace.lockstep("sync");
  workspace.edit((text) => `${text}  - {id: 9, skill_name: from_the_file, schedule_cron: "@daily", next_run_at: "2030-01-01T00:00:00Z"}\n`);
  workspace.sql("insert into scheduled_tasks (id, skill_name, schedule_cron, next_run_at) values (9, 'from_the_table', '@daily', '2030-01-01 00:00:00')");
  await workspace.start();
  const page = await open(t, workspace);
  await page.getByRole("article").getByRole("button", { name: "Keep both" }).click();
  await page.getByRole("button", { name: "Apply: keep both" }).click();
  await page.getByText("The YAML's task is now task 10").waitFor();
  await settled(page);
  assert.deepEqual([workspace.value(9, "skill_name"), workspace.value(10, "skill_name")], ["from_the_table", "from_the_file"]);
});

test("many at once, with what each would come to", async (t) => {
  const workspace = new Workspace(t);
  workspace.lockstep("sync");
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *").replace("@hourly", "15 * * * *").replace("user_id: reports", "user_id: morning"));
  workspace.sql("update scheduled_tasks set schedule_cron = '45 5 * * *', user_id = 'night' where id in (1, 2)");
  workspace.sql("delete from scheduled_tasks where id = 3");
  await workspace.start();
  const page = await open(t, workspace);
  await page.getByLabel("Select all").check();
  await page.getByRole("group", { name: "Resolve several" }).getByRole("button", { name: "Merge…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Not possible where one side deleted the task").waitFor();
  assert.equal(await dialog.getByRole("row").count(), 3);
  await screenshot(page, "bulk");
  assert.deepEqual(await accessibilityFaults(page), []);
  await dialog.getByRole("button", { name: "Resolve 2 conflicts" }).click();
  await page.getByText("2 conflicts resolved.").waitFor();
  await page.getByRole("article").filter({ hasText: "weekly_report" }).waitFor();
  assert.equal(await page.getByRole("article").count(), 1);
  assert.deepEqual([workspace.value(1, "schedule_cron"), workspace.value(2, "schedule_cron"), workspace.value(1, "user_id")], ["30 4 * * *", "15 * * * *", "night"]);
});

test("a field with an owner shows it, and the result is the daemon's", async (t) => {
  const workspace = await inConflict(t, "fields:\n  status: {owner: database}\n");
  const page = await open(t, workspace);
  await choose(page, "Keep YAML");
  await card(page).getByText("Database: schedule_cron, params_json updated. YAML: status updated.").waitFor();
  await apply(page);
  await settled(page);
  assert.equal(workspace.value(1, "status"), "disabled");
  assert.match(workspace.read(), /status: disabled/);
});
