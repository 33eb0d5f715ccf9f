import assert from "node:assert/strict";
import test from "node:test";
import { Clock, nextRuns, parseCron } from "../src/model/cron.ts";
import { day, hour } from "../src/model/zone.ts";

const at = (text: string) => Date.parse(text);
const iso = (instant: number) => new Date(instant).toISOString().slice(0, 16);
const runs = (expression: string, zone: string, from: string, span: number) => new Clock(zone, at(from), at(from) + span).runs(parseCron(expression)!).map(iso);

test("what the daemon refuses is not read", () => {
  for (const text of [
    "61 * * * *", "0 22-2 * * *", "0 0 * * fri-sun", "*/0 * * * *", "*/90 * * * *", "1,,2 * * * *", "0 0 * *", "0 0 0 * * *",
    "0 0 * * L", "@reboot", "@Daily", "? * * * *", "0 0 L-3 * *", "0 0 32W * *", "0 0 * * 5#6", "0 0 * * 8", "0 0 * * monday",
    "0 0 15W-20 * *", "0 0 L/2 * *", "", "0 0 0 * *", "1-2-3 * * * *", "- * * * *", "0 0 * 13 *", "5/0 * * * *", "0 0 * * 5L-6",
  ]) {
    assert.equal(parseCron(text), null, text);
  }
});

test("blanks, names, leading zeros and case do not matter", () => {
  const plain = runs("5 7 * 1,3 1-5", "UTC", "2026-01-01T00:00Z", 90 * day);
  assert.deepEqual(runs("  05\t007  *  Jan,MAR mon-Fri ", "UTC", "2026-01-01T00:00Z", 90 * day), plain);
  assert.ok(plain.length > 20);
});

test("runs are within the span, its begin included and its end not", () => {
  assert.deepEqual(runs("0 * * * *", "UTC", "2026-11-22T10:00Z", 2 * hour), ["2026-11-22T10:00", "2026-11-22T11:00"]);
  assert.deepEqual(runs("0 * * * *", "UTC", "2026-11-22T10:01Z", 2 * hour), ["2026-11-22T11:00", "2026-11-22T12:00"]);
});

test("next runs are later than the moment asked from, however far they are", () => {
  const next = (expression: string, from: string, count: number) => nextRuns(parseCron(expression)!, "UTC", at(from), count).map(iso);
  assert.deepEqual(next("0 0 * * *", "2026-11-22T00:00Z", 2), ["2026-11-23T00:00", "2026-11-24T00:00"]);
  assert.deepEqual(next("0 12 1 1 *", "2026-11-22T00:00Z", 2), ["2027-01-01T12:00", "2028-01-01T12:00"]);
  assert.deepEqual(next("0 0 31 2 *", "2026-11-22T00:00Z", 1), []);
});

test("the daemon's table of clock changes in Berlin", () => {
  const march = (expression: string) => runs(expression, "Europe/Berlin", "2026-03-28T23:00Z", 4 * hour);
  const october = (expression: string) => runs(expression, "Europe/Berlin", "2026-10-24T22:00Z", 5 * hour);
  assert.deepEqual(march("30 2 * * *"), ["2026-03-29T01:00"]);
  assert.deepEqual(march("0,30 2,3 * * *"), ["2026-03-29T01:00", "2026-03-29T01:30"]);
  assert.deepEqual(march("*/30 2 * * *"), []);
  assert.deepEqual(march("0-59/30 2 * * *"), ["2026-03-29T01:00"]);
  assert.deepEqual(october("30 2 * * *"), ["2026-10-25T00:30"]);
  assert.deepEqual(october("*/30 2 * * *"), ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30"]);
  assert.deepEqual(october("0,30 2,3 * * *"), ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T02:00", "2026-10-25T02:30"]);
});

test("a span that begins in the second of two equal hours knows of the first", () => {
  assert.deepEqual(runs("30 2 * * *", "Europe/Berlin", "2026-10-25T01:00Z", hour), []);
  assert.deepEqual(runs("30 * * * *", "Europe/Berlin", "2026-10-25T01:00Z", hour), ["2026-10-25T01:30"]);
});
