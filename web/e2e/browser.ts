// Debian's Chromium, one for all tests of a file, and pages that fail a test for what no person would report: errors in
// the console, refusals by the Content-Security-Policy, requests to anywhere else.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { backend, deadline, type Workspace } from "./workspace.ts";

const executable = process.env.LOCKSTEP_TEST_CHROMIUM ?? "/usr/bin/chromium";
const switches = [
  "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// A task that an event names may be gone when the page asks for it.
const gone = /status of 404/;

let browser: Browser;

before(async () => {
  browser = await chromium.launch({ executablePath: executable, args: switches, timeout: 60_000 });
});
after(() => browser.close());

export interface Opening {
  path?: string;
  options?: BrowserContextOptions;
  prepare?: (page: Page) => Promise<void>;  // before the page is loaded
  expectedErrors?: RegExp;                  // what may stand in the console
}

export async function open(test: TestContext, workspace: Workspace, opening: Opening = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: "America/New_York", colorScheme: "light", ...opening.options });
  const faults: string[] = [];
  context.setDefaultTimeout(deadline);
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(`exception: ${error.stack}`));
  page.on("console", (message) => {
    if (message.type() === "error" && ![gone, opening.expectedErrors].some((expected) => expected?.test(message.text()))) {
      faults.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(workspace.address)) faults.push(`request to ${request.url()}`);
  });
  await opening.prepare?.(page);
  await page.goto(workspace.address + (opening.path ?? ""));
  workspace.onEnd(() => context.close());
  test.after(() => assert.deepEqual(faults, []));
  return page;
}

/** What axe-core finds wrong in the page as it stands. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(root: Document, options: object): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> } };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
    return (await axe.run(document, { runOnly: tags })).violations;
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Into LOCKSTEP_TEST_SCREENSHOTS, where that is set. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.LOCKSTEP_TEST_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(join(folder, backend), { recursive: true });
  await page.screenshot({ path: join(folder, backend, `${name}.png`) });
}
