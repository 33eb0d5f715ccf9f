import assert from "node:assert/strict";
import test from "node:test";
import { compare, mergeObjects, showPath, valueAt } from "../src/model/json_paths.ts";

const lines = (values: Parameters<typeof compare>[0]) =>
  compare(values).map((row) => `${row.differs ? "!" : " "} ${showPath(row.path)} ${row.values.map((value) => String(JSON.stringify(value))).join(" | ")}`);

test("objects are laid side by side, leaf by leaf", () => {
  assert.deepEqual(
    lines([
      { target: "a", keep: 30, retry: { attempts: 3, delay: 5 } },
      { target: "a", keep: 60, retry: { attempts: 5, delay: 5 } },
      { target: "a", keep: 30, retry: { attempts: 3, delay: 5 }, extra: true },
    ]),
    [
      '  target "a" | "a" | "a"',
      "! keep 30 | 60 | 30",
      "! retry.attempts 3 | 5 | 3",
      "  retry.delay 5 | 5 | 5",
      "! extra undefined | undefined | true",
    ],
  );
});

test("lists are laid side by side by index, and kinds that differ are one row", () => {
  assert.deepEqual(lines([{ to: ["a", "b"] }, { to: ["a"] }]), ['  to[0] "a" | "a"', '! to[1] "b" | undefined']);
  assert.deepEqual(lines([{ to: ["a"] }, { to: "a" }]), ['! to ["a"] | "a"']);
  assert.deepEqual(lines([{ to: {} }, { to: { a: 1 } }]), ["! to.a undefined | 1"]);
  assert.deepEqual(lines([{}, {}]), ["   {} | {}"]);
});

test("an empty object is told from none at all", () => {
  assert.deepEqual(lines([{ a: {} }, {}]), ["! a {} | undefined"]);
});

test("keys that would be ambiguous are quoted", () => {
  assert.equal(showPath(["a", 0, "b-c", "d.e", "größe", ""]), 'a[0].b-c["d.e"].größe[""]');
});

test("a path that leads nowhere is undefined, inherited members included", () => {
  assert.equal(valueAt({ a: [1] }, ["a", 0]), 1);
  assert.equal(valueAt({ a: [1] }, ["a", 1]), undefined);
  assert.equal(valueAt({}, ["toString"]), undefined);
  assert.equal(valueAt("abc", ["length"]), undefined);
});

test("what the sides changed in different keys is merged", () => {
  const base = { keep: 30, to: ["a"], retry: { attempts: 3, delay: 5 }, gone: 1, both: 1 };
  const yaml = { keep: 60, to: ["a"], retry: { attempts: 5, delay: 5 }, gone: 1, both: 2 };
  const database = { keep: 30, to: ["a", "b"], retry: { attempts: 3, delay: 9 }, both: 2, added: null };
  assert.deepEqual(mergeObjects(base, yaml, database, "yaml"), {
    merged: { keep: 60, to: ["a", "b"], retry: { attempts: 5, delay: 9 }, both: 2, added: null },
    apart: [],
  });
});

test("keys that both changed apart take the preferred side and are named", () => {
  const base = { a: 1, b: { c: 1 } };
  const result = mergeObjects(base, { a: 2, b: { c: 2 } }, { a: 3, b: { c: 1 } }, "database");
  assert.deepEqual(result, { merged: { a: 3, b: { c: 2 } }, apart: [["a"]] });
  assert.deepEqual(mergeObjects(base, { b: { c: 1 } }, { a: 5, b: { c: 1 } }, "yaml"), { merged: { b: { c: 1 } }, apart: [["a"]] });
});
