import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { accessibilityFaults, open, screenshot } from "./browser.ts";
import { until, Workspace } from "./workspace.ts";

const dialog = (page: Page) => page.getByRole("dialog");
const openTask = async (page: Page, name: string) => {
  await page.getByRole("row").filter({ hasText: name }).click();
  await dialog(page).getByText(name).first().waitFor();
};

async function started(t: Parameters<typeof open>[0], expectedErrors?: RegExp): Promise<[Workspace, Page]> {
  const workspace = new Workspace(t, undefined, "timezone: Europe/Berlin\n");
  await workspace.start();
  return [workspace, await open(t, workspace, { path: "#/tasks", ...(expectedErrors ? { expectedErrors } : {}) })];
}

test("a task is created on both sides, what is wrong said where it is", async (t) => {
  const [workspace, page] = await started(t, /status of 4\d\d/);
  await page.getByRole("button", { name: "New task" }).click();
  await dialog(page).getByLabel("Schedule").fill("61 * * * *");
  await dialog(page).getByRole("button", { name: "Create" }).click();
  const schedule = dialog(page).getByLabel("Schedule");
  await dialog(page).getByText(/61 is out of range/).waitFor();
  assert.equal(await schedule.getAttribute("aria-invalid"), "true");
  assert.match(await page.locator(`#${(await schedule.getAttribute("aria-describedby"))!.split(" ")[0]}`).innerText(), /61 is out of range/);
  assert.equal(await dialog(page).getByLabel("Skill").getAttribute("aria-invalid"), "true");
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "field-error");

  await dialog(page).getByLabel("Skill").fill("nightly_cleanup");
  await schedule.fill("15 3 * * *");
  await dialog(page).getByText("At 03:15").waitFor();
  await dialog(page).getByLabel("Parameters").fill('{"days": 7,}');
  await dialog(page).getByRole("button", { name: "Create" }).click();
  await dialog(page).getByText("not JSON").waitFor();
  await dialog(page).getByLabel("Parameters").fill('{"days": 7, "exact": 12345678901234567890123}');
  await dialog(page).getByRole("button", { name: "Create" }).click();
  await page.getByText("Task 4 created, in the database and the YAML.").waitFor();
  await page.getByRole("row").filter({ hasText: "nightly_cleanup" }).waitFor();
  assert.match(workspace.read(), /skill_name: nightly_cleanup/);
  assert.match(workspace.read(), /12345678901234567890123/);
  assert.equal(workspace.value(4, "schedule_cron"), "15 3 * * *");
});

test("an id that is taken is refused at its field", async (t) => {
  const [, page] = await started(t, /status of 409/);
  await page.getByRole("button", { name: "New task" }).click();
  await dialog(page).getByLabel("Id").fill("2");
  await dialog(page).getByLabel("Skill").fill("again");
  await dialog(page).getByLabel("Schedule").fill("@daily");
  await dialog(page).getByRole("button", { name: "Create" }).click();
  await dialog(page).getByText("There is a task 2 already").waitFor();
  assert.equal(await dialog(page).getByLabel("Id").getAttribute("aria-invalid"), "true");
});

test("a task is looked at: its runs in both time zones, its history", async (t) => {
  const [workspace, page] = await started(t);
  workspace.edit((text) => text.replace("0 2 * * *", "0 3 * * *"));
  await page.getByRole("row").filter({ hasText: "At 03:00" }).click();
  await dialog(page).getByRole("columnheader", { name: "America/New_York (yours)" }).waitFor();
  await dialog(page).getByRole("columnheader", { name: "Europe/Berlin (the schedule's)" }).waitFor();
  assert.equal(await dialog(page).getByRole("cell", { name: / 03:00 \+0[12]:00$/ }).count(), 5);
  await dialog(page).getByText("the YAML file changed").waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "task");
});

test("a task is edited, disabled, enabled and deleted", async (t) => {
  const [workspace, page] = await started(t);
  await openTask(page, "weekly_report");
  await dialog(page).getByRole("button", { name: "Edit" }).click();
  await dialog(page).getByLabel("Parameters").fill('{"format": "html", "empty": null}');
  await dialog(page).getByLabel("User").fill("");
  await screenshot(page, "edit");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await page.getByText("Task 3 saved, in the database and the YAML.").waitFor();
  assert.match(workspace.read(), /format: html/);
  assert.match(workspace.read(), /# on the desk before the meeting/);
  assert.equal(workspace.value(3, "coalesce(user_id, 'nobody')"), "nobody");

  await dialog(page).getByRole("button", { name: "Disable" }).click();
  await until("it is disabled on both sides", () => workspace.value(3, "status") === "disabled" && /status: disabled/.test(workspace.read()));
  await dialog(page).getByRole("button", { name: "Enable" }).click();
  await until("it is enabled", () => workspace.value(3, "status") === "pending");

  await dialog(page).getByRole("button", { name: "Delete…" }).click();
  await dialog(page).getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("row").filter({ hasText: "weekly_report" }).waitFor({ state: "detached" });
  assert.ok(!workspace.read().includes("weekly_report"));
  assert.equal(workspace.value(3, "count(*)"), "0");
});

test("a task that changed while it was edited is not overwritten", async (t) => {
  const [workspace, page] = await started(t, /status of 412/);
  await openTask(page, "daily_backup");
  await dialog(page).getByRole("button", { name: "Edit" }).click();
  await dialog(page).getByLabel("Schedule").fill("0 3 * * *");
  workspace.sql("update scheduled_tasks set user_id = 'night' where id = 1");
  await until("the daemon carried it over", () => /user_id: night/.test(workspace.read()));
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await dialog(page).getByText("in other fields than you did").waitFor();
  assert.equal(await dialog(page).getByLabel("User").inputValue(), "night");
  assert.equal(await dialog(page).getByLabel("Schedule").inputValue(), "0 3 * * *");
  assert.equal(workspace.value(1, "schedule_cron"), "0 2 * * *");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await page.getByText("Task 1 saved").waitFor();
  assert.deepEqual([workspace.value(1, "schedule_cron"), workspace.value(1, "user_id")], ["0 3 * * *", "night"]);
});

test("a YAML that cannot follow is said", async (t) => {
  const [workspace, page] = await started(t, /status of 422/);  // a plan that is asked for at this moment
  workspace.edit((text) => text.replace("@hourly", "@whenever"));
  await page.getByText("YAML invalid").waitFor();
  await openTask(page, "daily_backup");
  await dialog(page).getByRole("button", { name: "Disable" }).click();
  await page.getByText("Task 1 disabled in the database; the YAML follows later").waitFor();
  assert.equal(workspace.value(1, "status"), "disabled");
});

test("search, filters and order stand in the address", async (t) => {
  const [workspace, page] = await started(t);
  const skills = () => page.locator(".cell-skill").allInnerTexts();
  await page.getByLabel("Search tasks").fill("report");
  await until("one is left", async () => (await skills()).join() === "weekly_report");
  await page.getByLabel("Search tasks").fill("");
  await page.getByRole("button", { name: "Skill" }).click();
  await page.getByRole("button", { name: "Skill" }).click();
  await until("sorted", async () => (await skills()).join() === "weekly_report,hourly_health_check,daily_backup");
  assert.match(page.url(), /sort=-skill_name/);
  await page.reload();
  await until("sorted still", async () => (await skills()).join() === "weekly_report,hourly_health_check,daily_backup");
  workspace.sql("update scheduled_tasks set status = 'failed' where id = 2");
  await page.getByRole("checkbox", { name: /^failed/ }).check();
  await until("the failed one", async () => (await skills()).join() === "hourly_health_check");
});
