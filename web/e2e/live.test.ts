// What others do appears by itself; a server that goes is missed and found again.
import assert from "node:assert/strict";
import test from "node:test";
import { accessibilityFaults, open, screenshot } from "./browser.ts";
import { threeTasks, until, Workspace } from "./workspace.ts";

test("an edit of the file appears, and so does one of the database", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  const page = await open(t, workspace, { path: "#/tasks" });
  const task = page.getByRole("row").filter({ hasText: "daily_backup" });
  await task.getByText("At 02:00").waitFor();
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *"));
  await task.getByText("At 04:30").waitFor();
  workspace.sql("update scheduled_tasks set schedule_cron = '0 6 * * *', user_id = 'night' where id = 1");
  await task.getByText("At 06:00").waitFor();
  await task.getByText("night").waitFor();
  workspace.sql("insert into scheduled_tasks (skill_name, schedule_cron, next_run_at) values ('brand_new', '@daily', '2030-01-01 00:00:00')");
  await page.getByRole("row").filter({ hasText: "brand_new" }).waitFor();
  workspace.edit((text) => text.slice(0, text.indexOf("  - id: 3")) + text.slice(text.indexOf("user_id: reports") + "user_id: reports\n".length));
  await page.getByRole("row").filter({ hasText: "weekly_report" }).waitFor({ state: "detached" });
});

test("what happens while the first answers are on their way is not missed", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  // What the daemon answers before the edit arrives after it, and after its event.
  const held = new Set(["/api/sync/history", "/api/tasks"]);
  const answered = new Set<string>();
  let release = (): void => {};
  const edited = new Promise<void>((resolve) => (release = resolve));
  let told = Promise.resolve();
  const page = await open(t, workspace, {
    path: "#/history",
    prepare: async (page) => {
      told = page.waitForEvent("websocket").then(async (socket) => {
        await socket.waitForEvent("framereceived", ({ payload }) => String(payload).includes('"schedule_config_updated"'));
        await socket.waitForEvent("framereceived", ({ payload }) => String(payload).includes('"sync_status_changed"'));
      });
      await page.route((url) => held.has(url.pathname), async (route) => {
        const response = await route.fetch();
        answered.add(new URL(route.request().url()).pathname);
        await edited;
        await route.fulfill({ response });
      });
    },
  });
  await until("the daemon answered", () => answered.size === held.size);
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *"));
  await told;
  release();
  await page.getByRole("article").filter({ hasText: "the YAML file changed" }).waitFor();
  await page.getByRole("link", { name: "Tasks" }).click();
  await page.getByRole("row").filter({ hasText: "daily_backup" }).getByText("At 04:30").waitFor();
});

test("a conflict appears while one looks at something else", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  const page = await open(t, workspace, { path: "#/timeline", expectedErrors: /ERR_CONNECTION_REFUSED|WebSocket/ });
  await page.getByText("in sync").waitFor();
  // Both sides at once: the daemon is held off while they change.
  await workspace.stop();
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *"));
  workspace.sql("update scheduled_tasks set schedule_cron = '0 6 * * *' where id = 1");
  await workspace.start();
  await page.getByRole("link", { name: "1 conflict" }).click();
  await page.getByRole("article").filter({ hasText: "daily_backup" }).waitFor();
});

test("a YAML that became invalid is shown with line and caret, and the mended one is taken", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  const page = await open(t, workspace);
  await page.getByText("in sync").waitFor();
  workspace.edit((text) => text.replace("0 2 * * *", "61 2 * * *").replace("status: pending\n    user_id: reports", "status: done\n    user_id: reports"));
  await page.getByRole("link", { name: "YAML invalid" }).click();
  await page.getByText("The YAML is invalid: 2 errors").waitFor();
  const first = page.getByRole("listitem").filter({ hasText: "schedule.yml:5:" });
  await first.getByText(/61 is out of range/).waitFor();
  assert.match(await first.locator("pre").innerText(), /schedule_cron: "61 2 \* \* \*" .*\n {19}\^/);
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "problems");
  workspace.edit(() => threeTasks.replace("0 2 * * *", "1 2 * * *"));
  await page.getByText("No problems").waitFor();
  await page.getByText("in sync").waitFor();
});

test("a row that breaks the rules is named", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  const page = await open(t, workspace);
  await page.getByText("in sync").waitFor();
  workspace.sql("update scheduled_tasks set schedule_cron = 'every day' where id = 2");
  await page.getByRole("link", { name: "1 invalid row" }).click();
  await page.getByText("task 2: the row is not valid").waitFor();
});

test("an answer that an event has overtaken is not taken for news", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  let answers = 0;
  let release = (): void => {};
  const overtaken = new Promise<void>((resolve) => (release = resolve));
  const page = await open(t, workspace, {
    prepare: async (page) => {
      await page.route((url) => url.pathname === "/api/sync/status", async (route) => {
        const response = await route.fetch();
        if (++answers > 1) await overtaken;
        await route.fulfill({ response });
      });
    },
  });
  await until("the daemon has answered a second time", () => answers > 1);
  workspace.sql("update scheduled_tasks set schedule_cron = 'every day' where id = 2");
  await page.getByRole("link", { name: "1 invalid row" }).waitFor();
  const answered = page.waitForResponse((response) => response.url().endsWith("/api/sync/status"));
  release();
  await (await answered).finished();
  await page.getByRole("link", { name: "1 invalid row" }).click();
  await page.getByText("task 2: the row is not valid").waitFor();
});

test("the server goes and comes back: said, counted down, caught up", async (t) => {
  const workspace = new Workspace(t);
  await workspace.start();
  const page = await open(t, workspace, { path: "#/tasks", expectedErrors: /ERR_CONNECTION_REFUSED|WebSocket/ });
  const task = page.getByRole("row").filter({ hasText: "daily_backup" });
  await task.getByText("At 02:00").waitFor();
  await workspace.stop();
  await page.getByText("No connection to the server.").waitFor();
  await page.getByText(/Trying again/).waitFor();
  assert.ok(await page.getByRole("button", { name: "New task" }).isDisabled());
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "offline");
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *"));
  await workspace.start();
  await page.getByRole("button", { name: "Try now" }).click({ timeout: 2_000 }).catch(() => {});  // unless it was quicker
  await task.getByText("At 04:30").waitFor();
  await page.getByText("No connection to the server.").waitFor({ state: "detached" });
  assert.ok(await page.getByRole("button", { name: "New task" }).isEnabled());
});

test("a token is asked for once", async (t) => {
  const token = "0123456789abcdef0123456789abcdef";
  const workspace = new Workspace(t);
  await workspace.start({ LOCKSTEP_TOKEN: token });
  const page = await open(t, workspace, { expectedErrors: /status of 401|WebSocket/ });
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("That is not the token.").waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await screenshot(page, "login");
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await page.getByText("in sync").waitFor();
  await page.reload();
  await page.getByText("in sync").waitFor();
  workspace.edit((text) => text.replace("0 2 * * *", "30 4 * * *"));
  await page.getByRole("row").filter({ hasText: "At 04:30" }).waitFor();
  assert.deepEqual(await page.evaluate(() => document.cookie), "");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  await page.reload();
  await page.getByLabel("Token").waitFor();
});
