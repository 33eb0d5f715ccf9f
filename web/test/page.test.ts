// What the page does with addresses, windows of rows, times and reads.
import assert from "node:assert/strict";
import test from "node:test";
import { rowsInView } from "../src/model/row_window.ts";
import { duration, inZone, instantOf, offsetText, relative } from "../src/model/time_text.ts";
import { day, hour, minute } from "../src/model/zone.ts";
import { refresher } from "../src/state/refresher.ts";
import { addressOf, parseRoute } from "../src/state/route.ts";

test("addresses there and back", () => {
  const parsed = parseRoute(addressOf("conflicts", "conflict 12/b", new URLSearchParams({ q: "a b" })));
  assert.deepEqual([parsed.view, parsed.id, parsed.parameters.get("q")], ["conflicts", "conflict 12/b", "a b"]);
  for (const hash of ["", "#", "#/", "#/nowhere", "nowhere?x=1"]) assert.equal(parseRoute(hash).view, null, hash);
  assert.equal(parseRoute("#/tasks").id, null);
});

test("of many rows those in view are drawn, and some around them", () => {
  assert.deepEqual(rowsInView(0, 400, 40, 10_000, 5), { begin: 0, end: 15 });
  assert.deepEqual(rowsInView(4010, 400, 40, 10_000, 5), { begin: 95, end: 116 });
  assert.deepEqual(rowsInView(399_600, 400, 40, 10_000, 5), { begin: 9985, end: 10_000 });
  assert.deepEqual(rowsInView(0, 400, 40, 3, 5), { begin: 0, end: 3 });
  // The list became shorter than where one had scrolled to.
  assert.deepEqual(rowsInView(399_600, 400, 40, 8, 5), { begin: 3, end: 8 });
});

test("distances in words", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const cases: [number, string][] = [
    [0, "just now"], [-9_000, "just now"], [-30_000, "30 s ago"], [5 * minute, "in 5 min"], [-2 * hour, "2 h ago"], [30 * hour, "in 30 h"],
    [-day * 3, "3 days ago"],
  ];
  for (const [distance, text] of cases) assert.equal(relative(now + distance, now), text);
});

test("moments in a zone", () => {
  const instant = Date.parse("2026-11-22T23:30:05Z");
  assert.equal(inZone(instant, "UTC"), "Sun 2026-11-22 23:30");
  assert.equal(inZone(instant, "Asia/Kolkata", "seconds"), "2026-11-23 05:00:05");
  assert.equal(inZone(instant, "Europe/Berlin", "date"), "Mon 2026-11-23");
  assert.equal(inZone(instant, "Europe/Berlin", "time"), "00:30");
  assert.deepEqual([0, hour, -3.5 * hour].map(offsetText), ["UTC", "+01:00", "-03:30"]);
  assert.deepEqual([0.3, 12.4, 3_456, 120_000].map(duration), ["1 ms", "12 ms", "3.5 s", "2 min"]);
  assert.equal(instantOf("2026-11-22T08:00:00.123456Z"), Date.UTC(2026, 10, 22, 8, 0, 0, 123));
  assert.deepEqual([instantOf(null), instantOf("never")], [null, null]);
});

test("reads that are asked for meanwhile become one more, after the one that runs", async () => {
  let reads = 0;
  const ends: (() => void)[] = [];
  const refresh = refresher(() => new Promise<void>((resolve) => {
    ++reads;
    ends.push(resolve);
  }));
  const first = refresh();
  const second = refresh();
  const third = refresh();
  assert.equal(second, third);
  assert.equal(reads, 1);
  ends[0]!();
  await first;
  await Promise.resolve();
  assert.equal(reads, 2);
  let settled = false;
  void second.then(() => (settled = true));
  await Promise.resolve();
  assert.ok(!settled);
  ends[1]!();
  await second;
  const fourth = refresh();
  assert.equal(reads, 3);
  ends[2]!();
  await fourth;
});
