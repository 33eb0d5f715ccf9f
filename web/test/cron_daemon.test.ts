// The dashboard's reading of cron expressions against the program's, over clock changes of many kinds.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { nextRuns, parseCron } from "../src/model/cron.ts";

const program = process.env.LOCKSTEP_PROGRAM;

const expressions = [
  "* * * * *", "*/15 * * * *", "0 * * * *", "30 * * * *", "5/20 * * * *", "0-59/30 2 * * *", "*/30 2 * * *", "30 2 * * *",
  "0,30 2,3 * * *", "0 0 * * *", "15 0 * * *", "59 23 * * *", "30 1,2,3 * * *", "0 2-4 * * *", "*/7 */5 * * *", "10-40/10 8-18/2 * * *",
  "0 0 13 * 5", "0 0 1-7 * 1", "0 0 */2 * 5", "0 0 1-31 * 5", "0 0 1-7 * */7", "0 0 * * 1/2", "0 0 * * 5-7", "0 0 * * fri-7",
  "0 12 L * *", "0 12 LW * *", "0 12 15W * *", "0 12 1W,15W,31W * *", "0 12 * * 5L", "0 12 * * L5", "0 12 * * friL,mon#2", "0 12 * * 5#5",
  "0 0 29 2 *", "@daily", "@hourly", "@weekly", "@monthly", "0 0 L,15 * mon#1", "45 1 * * sun", "30 23 * * sat", "0 3 * mar,nov sun",
];

// A day or so before something happens to the clock.
const moments: [string, string][] = [
  ["UTC", "2026-02-27T10:17:00Z"],
  ["Europe/Berlin", "2026-03-28T12:00:00Z"],
  ["Europe/Berlin", "2026-10-24T12:00:00Z"],
  ["Europe/Berlin", "2026-10-25T00:45:00Z"],
  ["America/New_York", "2026-11-01T04:30:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T10:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T10:00:00Z"],
  ["America/Santiago", "2026-09-05T20:00:00Z"],
  ["America/Santiago", "2026-04-04T20:00:00Z"],
  ["Asia/Kathmandu", "2026-12-30T20:00:00Z"],
];

const count = 12;

// One task per expression, so that the program is asked once a moment.
function scheduleOf(texts: string[]): string {
  const tasks = texts.map((text, i) => `  - {id: ${i + 1}, skill_name: x, schedule_cron: ${JSON.stringify(text)}, next_run_at: "2026-01-01T00:00:00Z"}`);
  return `tasks:\n${tasks.join("\n")}\n`;
}

test("the same runs as the program's", { skip: program ? false : "LOCKSTEP_PROGRAM names no program" }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-cron-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "schedule.yml"), scheduleOf(expressions));
  for (const [zone, from] of moments) {
    const words = ["--json", "--yaml", "schedule.yml", "next", "--tz", zone, "--from", from, "-n", String(count)];
    const told = JSON.parse(execFileSync(program!, words, { cwd: folder, encoding: "utf8" })) as { cron: string; next: string[] }[];
    assert.deepEqual(told.map(({ cron }) => cron), expressions);
    // Two years is as far as the dashboard looks.
    const horizon = Date.parse(from) + 729 * 86_400_000;
    for (const { cron, next } of told) {
      const expected = next.map((text) => Date.parse(text)).filter((at) => at < horizon);
      const mine = nextRuns(parseCron(cron)!, zone, Date.parse(from), count).filter((at) => at < horizon);
      assert.deepEqual(mine, expected, `${cron} in ${zone} from ${from}`);
    }
  }
});
