import assert from "node:assert/strict";
import test from "node:test";
import { day, hour, isKnownZone, minute, offsetAt, transitions } from "../src/model/zone.ts";

const at = (text: string) => Date.parse(text);

test("offsets, those of half hours and before 1970 too", () => {
  assert.equal(offsetAt(at("2026-07-01T00:00Z"), "Europe/Berlin"), 2 * hour);
  assert.equal(offsetAt(at("2026-01-01T00:00Z"), "Europe/Berlin"), hour);
  assert.equal(offsetAt(at("2026-01-01T00:00Z"), "Asia/Kathmandu"), 5 * hour + 45 * minute);
  assert.equal(offsetAt(at("2026-01-01T00:00Z"), "America/New_York"), -5 * hour);
  assert.equal(offsetAt(at("2026-01-01T00:00:00.250Z"), "UTC"), 0);
  assert.equal(offsetAt(at("1960-01-01T00:00:00.500Z"), "Europe/London"), 0);
});

test("the moment of a change is found to the second", () => {
  const found = transitions("Europe/Berlin", at("2026-03-28T00:00Z"), at("2026-03-31T00:00Z"));
  assert.deepEqual(found, [{ at: at("2026-03-29T01:00Z"), before: hour, after: 2 * hour }]);
  const lordHowe = transitions("Australia/Lord_Howe", at("2026-10-01T00:00Z"), at("2026-10-08T00:00Z"));
  assert.deepEqual(lordHowe.map(({ before, after }) => after - before), [30 * minute]);
});

test("a change at an end of the span belongs to the one that it begins", () => {
  const change = at("2026-03-29T01:00Z");
  assert.deepEqual(transitions("Europe/Berlin", change - day, change), []);
  assert.equal(transitions("Europe/Berlin", change - minute, change + minute).length, 1);
  assert.deepEqual(transitions("Europe/Berlin", change, change + day), []);
  assert.deepEqual(transitions("UTC", change - day, change + day), []);
});

test("names that no zone has", () => {
  assert.ok(isKnownZone("Europe/Berlin"));
  assert.ok(!isKnownZone("Europe/Nowhere"));
});
