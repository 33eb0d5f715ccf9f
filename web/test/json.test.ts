import assert from "node:assert/strict";
import test from "node:test";
import { equalJson, isObject, JsonNumber, parseJson, parseJsonText, stringifyJson, type JsonValue } from "../src/api/json.ts";

test("what JavaScript's numbers can hold are numbers, all else keeps its digits", () => {
  const cases: [string, string][] = [
    ["1", "number"], ["-5", "number"], ["0", "number"], ["12.5", "number"], ["9007199254740991", "number"],
    ["9007199254740993", "bigint"], ["9223372036854775807", "bigint"], ["12345678901234567890123", "bigint"],
    ["1.0", "object"], ["1e400", "object"], ["-0", "object"], ["0.1000000000000000000001", "object"], ["1E2", "object"],
  ];
  for (const [text, type] of cases) {
    const { value } = parseJson(`{"value": ${text}}`) as { value: JsonValue };
    assert.equal(typeof value, type, text);
    assert.equal(stringifyJson(value), text);
  }
});

test("a document comes back as it was, key order included", () => {
  const text = '{"z":1.50,"a":[1,2.0,{"__proto__":"kept","id":9223372036854775807}],"10":null,"text":"a\\u00e9\\n\\"","e":{},"l":[],"t":true}';
  const value = parseJson(text);
  assert.equal(JSON.stringify(Object.keys((value as { a: object[] }).a[2]!)), '["__proto__","id"]');
  assert.equal(stringifyJson(parseJson(stringifyJson(value))), stringifyJson(value));
  assert.match(stringifyJson(value), /"z":1\.50/);
});

test("text that looks like numbers inside strings does no harm", () => {
  const text = '{"time":"at [12345678901234567, 1.0]","n":5}';
  assert.deepEqual(parseJson(text), JSON.parse(text));
});

test("what is not JSON is refused with line and column", () => {
  const cases: [string, RegExp][] = [
    ['{"a": 1,}', /line 1, column 9/],
    ['{\n  "a": tru\n}', /line 2, column 8/],
    ['{"a": 1', /ends too early/],
    ['{"a" 1}', /line 1, column 6/],
    ["[1 2]", /line 1, column 4/],
    ["01", /line 1, column 2/],
    ['{a: 1}', /line 1, column 2/],
    ['{"a": "x\ny"}', /line 1, column 7/],
    ["", /ends too early/],
    ["[".repeat(500), /too deep/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseJsonText(text), { name: "SyntaxError", message }, text.slice(0, 20));
});

test("indented text reads as people write it", () => {
  assert.equal(stringifyJson({ a: [1, { b: new JsonNumber("1.0") }], c: {} }, 2), '{\n  "a": [\n    1,\n    {\n      "b": 1.0\n    }\n  ],\n  "c": {}\n}');
});

test("numbers are equal by value, objects whatever their order", () => {
  const equal = (a: string, b: string) => equalJson(parseJsonText(a), parseJsonText(b));
  assert.ok(equal("1", "1.0"));
  assert.ok(equal("100", "1e2"));
  assert.ok(equal("0.10", "1e-1"));
  assert.ok(equal("-0", "0.00"));
  assert.ok(equal("12345678901234567890", "12345678901234567890.0"));
  assert.ok(equal('{"a":1,"b":[2]}', '{"b":[2.0],"a":1}'));
  assert.ok(!equal("12345678901234567890", "12345678901234567891"));
  assert.ok(!equal("1", '"1"'));
  assert.ok(!equal("null", "0"));
  assert.ok(!equal("-1", "1"));
  assert.ok(!equal('{"a":1}', '{"a":1,"b":null}'));
  assert.ok(!equal("[1,2]", "[2,1]"));
  assert.ok(!equal("[]", "{}"));
});

test("a number of ours is no object", () => {
  assert.ok(!isObject(new JsonNumber("1.0")));
  assert.ok(!isObject([]));
  assert.ok(!isObject(null));
  assert.ok(isObject({}));
});
