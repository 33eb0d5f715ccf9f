import assert from "node:assert/strict";
import test from "node:test";
import { accessibilityFaults, open, screenshot } from "./browser.ts";
import { until, Workspace } from "./workspace.ts";

test("a run is read and undone", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  const page = await open(t, workspace, { path: "#/history" });
  await page.getByRole("article").filter({ hasText: "3 inserted" }).waitFor();
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *").replace("keep_days: 30", "keep_days: 60"));
  const run = page.getByRole("article").filter({ hasText: "the YAML file changed" });
  await run.getByRole("button").click();
  assert.match(await run.getByRole("row").filter({ hasText: "schedule_cron" }).innerText(), /0 2 \* \* \*[^]*30 4 \* \* \*/);
  assert.match(await run.getByRole("row").filter({ hasText: "params_json.keep_days" }).innerText(), /30\s+60/);
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "history");

  await run.getByRole("button", { name: "Undo…" }).click();
  const dialog = page.getByRole("dialog");
  assert.match(await dialog.getByRole("row").filter({ hasText: "schedule_cron" }).innerText(), /30 4 \* \* \*[^]*0 2 \* \* \*/);
  await screenshot(page, "undo");
  await dialog.getByRole("button", { name: "Undo for 1 task" }).click();
  await page.getByText(/^Run \d+ undone/).waitFor();
  await until("both sides are as they were", () => workspace.value(1, "schedule_cron") === "0 2 * * *" && /"0 2 \* \* \*" {6}# before/.test(workspace.read()));
  await page.getByRole("article").filter({ hasText: /undo/ }).first().waitFor();
});

test("an undo that would overwrite later changes is refused, by name", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  const page = await open(t, workspace, { path: "#/history", expectedErrors: /status of 409/ });
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *"));
  const run = page.getByRole("article").filter({ hasText: "the YAML file changed" });
  await run.getByRole("button").click();
  await run.getByRole("button", { name: "Undo…" }).click();
  workspace.sql("update scheduled_tasks set schedule_cron = '0 6 * * *' where id = 1");
  await until("the daemon carried it over", () => /0 6 \* \* \*/.test(workspace.read()));
  await page.getByRole("dialog").getByRole("button", { name: "Undo for 1 task" }).click();
  await page.getByRole("dialog").getByRole("alert").filter({ hasText: /1/ }).waitFor();
  assert.equal(workspace.value(1, "schedule_cron"), "0 6 * * *");
});
