import assert from "node:assert/strict";
import test from "node:test";
import { crowdedMinutes, dayRows, heatLevel, hourRows, runningIn, timelineOf } from "../src/model/timeline.ts";
import { day, hour, minute } from "../src/model/zone.ts";
import { task } from "./samples.ts";

const at = (text: string) => Date.parse(text);
const iso = (instant: number) => new Date(instant).toISOString().slice(0, 16);

test("runs are counted by the minute; disabled tasks and unreadable expressions have none", () => {
  const tasks = [
    task({ id: 1, schedule_cron: "0 * * * *" }),
    task({ id: 2, schedule_cron: "0 * * * *" }),
    task({ id: 3, schedule_cron: "*/30 * * * *" }),
    task({ id: 4, schedule_cron: "0 * * * *", status: "disabled" }),
    task({ id: 5, schedule_cron: "whenever" }),
  ];
  const timeline = timelineOf(tasks, "UTC", at("2026-11-22T10:00:30Z"), 2 * hour);
  assert.equal(iso(timeline.from), "2026-11-22T10:00");
  assert.equal(timeline.total, 8);
  assert.deepEqual([0, 30, 60, 90].map((index) => timeline.runs[index]), [3, 1, 3, 1]);
  assert.equal(timeline.runs.reduce((sum, runs) => sum + runs, 0), timeline.total);
});

test("who runs in an hour, the earliest first", () => {
  const tasks = [task({ id: 7, schedule_cron: "20,40 * * * *" }), task({ id: 8, schedule_cron: "10 10 * * *" }), task({ id: 9, schedule_cron: "0 9 * * *" })];
  const timeline = timelineOf(tasks, "UTC", at("2026-11-22T00:00Z"), day);
  const running = runningIn(timeline, at("2026-11-22T10:00Z"), at("2026-11-22T11:00Z"));
  assert.deepEqual(running.map(({ task: { id }, times }) => [id, ...times.map(iso)]), [
    [8, "2026-11-22T10:10"],
    [7, "2026-11-22T10:20", "2026-11-22T10:40"],
  ]);
});

test("a day in spring lacks an hour", () => {
  const timeline = timelineOf([task({ schedule_cron: "0 * * * *" })], "Europe/Berlin", at("2026-03-28T23:00Z"), day);
  const rows = dayRows(timeline, "Europe/Berlin");
  assert.equal(iso(rows[0]!.localMidnight), "2026-03-29T00:00");
  assert.deepEqual(rows[0]!.skipped, [2]);
  assert.equal(rows[0]!.hours[2]!.length, 0);
  assert.equal(iso(rows[0]!.hours[3]![0]!.from), "2026-03-29T01:00");
  assert.equal(rows.flatMap((row) => row.hours.flat()).reduce((sum, cell) => sum + cell.runs, 0), 24);
});

test("a day in autumn has an hour twice", () => {
  const timeline = timelineOf([task({ schedule_cron: "0 * * * *" })], "Europe/Berlin", at("2026-10-24T22:00Z"), 25 * hour);
  const rows = dayRows(timeline, "Europe/Berlin");
  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0]!.hours[2]!.map((cell) => [iso(cell.from), iso(cell.to), cell.runs]), [
    ["2026-10-25T00:00", "2026-10-25T01:00", 1],
    ["2026-10-25T01:00", "2026-10-25T02:00", 1],
  ]);
  assert.ok(rows[0]!.hours.every((cells, index) => cells.length === (index === 2 ? 2 : 1)));
  assert.equal(hourRows(timeline, "Europe/Berlin").length, 25);
});

test("half an hour twice makes two halves of one hour", () => {
  // Lord Howe: at 02:00 the clocks go back to 01:30.
  const timeline = timelineOf([task({ schedule_cron: "* * * * *" })], "Australia/Lord_Howe", at("2026-04-04T13:00Z"), day);
  const rows = dayRows(timeline, "Australia/Lord_Howe");
  const one = rows.find((row) => iso(row.localMidnight).startsWith("2026-04-05"))!.hours[1]!;
  assert.deepEqual(one.map((cell) => (cell.to - cell.from) / minute), [60, 30]);
});

test("seen from a zone of half hours, cells begin when its clock shows the hour", () => {
  const timeline = timelineOf([task({ schedule_cron: "0 * * * *" })], "UTC", at("2026-11-22T10:00Z"), 3 * hour);
  const [row] = dayRows(timeline, "Asia/Kolkata");
  assert.deepEqual(row!.hours.flat().map((cell) => [iso(cell.from), cell.runs]), [
    ["2026-11-22T10:00", 1], ["2026-11-22T10:30", 1], ["2026-11-22T11:30", 1], ["2026-11-22T12:30", 0],
  ]);
});

test("hours are rows of sixty minutes; what is out of view is empty", () => {
  const timeline = timelineOf([task({ schedule_cron: "15 * * * *" })], "UTC", at("2026-11-22T10:10Z"), hour);
  const rows = hourRows(timeline, "UTC");
  assert.equal(rows.length, 2);
  assert.equal(rows[0]!.minutes[9], null);
  assert.equal(rows[0]!.minutes[15]!.runs, 1);
  assert.equal(rows[1]!.minutes[9]!.runs, 0);
  assert.equal(rows[1]!.minutes[10], null);
});

test("a minute is crowded if it stands out", () => {
  const tasks = Array.from({ length: 9 }, (_, i) => task({ id: i + 1, schedule_cron: i < 7 ? "0 2 * * *" : `${i} * * * *` }));
  const timeline = timelineOf(tasks, "UTC", at("2026-11-22T00:00Z"), day);
  assert.deepEqual(crowdedMinutes(timeline, 5).map((cell) => [iso(cell.from), cell.runs]), [["2026-11-22T02:00", 7]]);
  const even = timelineOf(Array.from({ length: 20 }, (_, i) => task({ id: i + 1, schedule_cron: "0 * * * *" })), "UTC", at("2026-11-22T00:00Z"), day);
  assert.deepEqual(crowdedMinutes(even, 5), []);
  assert.deepEqual(crowdedMinutes(timelineOf([], "UTC", 0, day), 5), []);
});

test("ten thousand tasks are counted in a moment, not task by task", () => {
  const tasks = Array.from({ length: 10_000 }, (_, i) => task({ id: i + 1, schedule_cron: "*/5 * * * *" }));
  const timeline = timelineOf(tasks, "UTC", at("2026-11-22T00:00Z"), 7 * day);
  assert.equal(timeline.groups.length, 1);
  assert.equal(timeline.total, 10_000 * 7 * 288);
});

test("none is told from few, and the most is darkest", () => {
  assert.deepEqual([0, 1, 10, 100].map((runs) => heatLevel(runs, 100, 6)), [0, 1, 2, 6]);
  assert.equal(heatLevel(1, 1, 6), 6);
});
