// The views as a whole: looks, long lists, the timeline, a sync by hand.
import assert from "node:assert/strict";
import test from "node:test";
import { accessibilityFaults, open, screenshot } from "./browser.ts";
import { threeTasks, until, Workspace } from "./workspace.ts";

function manyTasks(count: number): string {
  const crons = ["0 2 * * *", "@hourly", "30 7 * * mon", "*/15 * * * *", "0 6 * * 1-5", "5/20 * * * *", "0 0 L * *", "0 2 * * *"];
  let text = "tasks:\n";
  for (let id = 1; id <= count; ++id) {
    text += `  - {id: ${id}, skill_name: job_${id}, schedule_cron: "${crons[id % crons.length]}", next_run_at: "2030-01-01T00:00:00Z", user_id: team_${id % 7}}\n`;
  }
  return text;
}

test("ten thousand tasks: a few rows in the page, all within reach", async (t) => {
  const workspace = new Workspace(t, manyTasks(10_000));
  await workspace.start();
  const page = await open(t, workspace, { path: "#/tasks" });
  await page.getByText("10,000 tasks", { exact: true }).waitFor();
  const grid = page.getByRole("grid", { name: "Tasks" });
  assert.equal(await grid.getAttribute("aria-rowcount"), "10001");
  assert.ok((await grid.getByRole("row").count()) < 80);
  await grid.focus();
  await page.keyboard.press("End");
  await grid.getByRole("row").filter({ hasText: "job_10000" }).waitFor();
  await page.keyboard.press("PageUp");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText(/^job_99\d\d/).waitFor();
  await page.keyboard.press("Escape");
  await screenshot(page, "tasks-10000");

  // Every frame of a long scroll has rows in it.
  const empty = await grid.evaluate(async (element) => {
    let frames = 0;
    for (let i = 0; i <= 100; ++i) {
      element.scrollTop = (element.scrollHeight / 100) * i;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const box = element.getBoundingClientRect();
      const seen = document.elementFromPoint(box.left + 40, box.top + box.height / 2);
      if (!seen?.closest(".grid-body .grid-row")) ++frames;
    }
    return frames;
  });
  assert.equal(empty, 0);
  await page.getByLabel("Search tasks").fill("job_777");
  await page.getByText("11 of 10,000 tasks").waitFor();
  await page.goto(`${workspace.address}#/timeline`);
  await page.getByRole("button", { name: "7 days" }).click();
  await page.getByRole("heading", { name: "Crowded minutes" }).waitFor();
  await screenshot(page, "timeline-10000");
});

test("the timeline names the tasks of an hour and a minute", async (t) => {
  const workspace = new Workspace(t, manyTasks(40), "timezone: Europe/Berlin\n");
  await workspace.start();
  const page = await open(t, workspace, { path: "#/timeline" });
  const minutes = page.getByRole("table", { name: "Runs by the minute" });
  await minutes.getByRole("button", { name: /:00: \d+ runs/ }).nth(3).hover();
  await page.getByRole("link", { name: "job_1", exact: true }).waitFor();
  await screenshot(page, "timeline-day");
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.keyboard.press("Escape");
  await minutes.getByRole("button").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.evaluate(() => document.activeElement!.getAttribute("aria-label")!), /:\d\d: \d+ runs/);

  await page.getByRole("button", { name: "7 days" }).click();
  await page.getByRole("button", { name: "Europe/Berlin (the schedule's)" }).click();
  const hours = page.getByRole("table", { name: "Runs by the hour" });
  await hours.getByRole("button", { name: /^\w+ [\d-]+ 2:00: \d+ runs/ }).nth(2).hover();
  await page.getByRole("heading", { name: /02:00 – 03:00/ }).waitFor();
  await page.getByRole("link", { name: "job_8", exact: true }).waitFor();
  await screenshot(page, "timeline-week");
  assert.deepEqual(await accessibilityFaults(page), []);
});

test("a sync by hand: at once, or in a direction of its own after a look at the plan", async (t) => {
  const workspace = new Workspace(t);
  workspace.lockstep("sync");
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *"));
  workspace.sql("update scheduled_tasks set schedule_cron = '0 6 * * *' where id = 1");
  await workspace.start();
  const page = await open(t, workspace, { expectedErrors: /status of 409/ });
  await page.getByRole("article").waitFor();
  await page.goto(`${workspace.address}#/tasks`);
  await page.getByRole("button", { name: "Sync", exact: true }).click();
  await page.getByText("Synced: 1 in conflict.").waitFor();
  await page.getByRole("article").filter({ hasText: "daily_backup" }).waitFor();

  await page.getByRole("button", { name: "Options…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("conflict: Both YAML and database changed since the last sync").waitFor();
  await dialog.getByLabel("database → YAML").check();
  await dialog.getByLabel(/^Force/).check();
  await dialog.getByText("update in the YAML").waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "sync");
  await dialog.getByRole("button", { name: /^Sync by force/ }).click();
  await page.getByText("No conflicts").waitFor();
  assert.match(workspace.read(), /"0 6 \* \* \*" {6}# before/);
});

test("the deletion guard stops a sync and asks", async (t) => {
  const workspace = new Workspace(t, manyTasks(20));
  workspace.lockstep("sync");
  await workspace.start();
  const page = await open(t, workspace, { expectedErrors: /status of 409/ });
  await page.getByText("in sync").waitFor();
  workspace.edit((text) => text.split("\n").slice(0, 6).join("\n") + "\n");
  await page.getByRole("button", { name: "15 deletions held back" }).waitFor();
  await page.getByRole("button", { name: "Sync", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("15 tasks").first().waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "guard");
  await dialog.getByRole("button", { name: "Delete 15 tasks" }).click();
  await page.getByText("Synced: database: 15 deleted.").waitFor();
  assert.equal(workspace.sql("select count(*) from scheduled_tasks").trim(), "5");
});

for (const [name, options] of [
  ["dark", { colorScheme: "dark" }],
  ["phone", { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true }],
] as const) {
  test(`every view, ${name}`, async (t) => {
    const workspace = new Workspace(t, threeTasks, "timezone: Europe/Berlin\n");
    workspace.lockstep("sync");
    workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *").replace("keep_days: 30", "keep_days: 60"));
    workspace.sql("update scheduled_tasks set schedule_cron = '0 6 * * *', status = 'disabled' where id = 1");
    workspace.sql("update scheduled_tasks set schedule_cron = 'every day' where id = 2");
    await workspace.start();
    const page = await open(t, workspace, { options });
    await page.getByRole("article").getByRole("button", { name: "Merge", exact: true }).click();
    assert.deepEqual(await accessibilityFaults(page), []);
    await screenshot(page, `${name}-conflicts`);
    const landmarks = { tasks: ".grid-body .grid-row", timeline: ".heat button", history: ".run", problems: ".problem" };
    for (const [view, landmark] of Object.entries(landmarks)) {
      await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: new RegExp(view, "i") }).click();
      await page.locator(landmark).first().waitFor();
      assert.deepEqual(await accessibilityFaults(page), [], view);
      await screenshot(page, `${name}-${view}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(overflow, 0, `${view} is wider than the window`);
    }
    await page.goto(`${workspace.address}#/tasks/1`);
    await page.getByRole("dialog").getByText("Next runs").or(page.getByText("Would run")).first().waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await screenshot(page, `${name}-task`);
    await page.keyboard.press("Escape");
    await until("the dialog is gone", async () => (await page.getByRole("dialog").count()) === 0);
  });
}
