// JSON values taken apart into paths and leaves, to be laid side by side, and put together again by a three-way merge.
import { equalJson, isObject, type JsonObject, type JsonValue } from "../api/json.ts";

export type Path = readonly (string | number)[];

/** `recipients[0].name`; keys that would be ambiguous stand in brackets: `["a.b"]`. */
export function showPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** undefined where the path leads nowhere. */
export function valueAt(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of path) {
    if (typeof step === "number") at = Array.isArray(at) ? at[step] : undefined;
    else at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

/** One line of a comparison: the value at `path` in each of the compared; undefined where there is none. */
export interface PathRow {
  path: Path;
  values: (JsonValue | undefined)[];
  differs: boolean;
}

/**
 * The values laid side by side, leaf by leaf, in the order in which keys are first met. What is an object (or a list) in
 * one of them and something else in another is one row.
 */
export function compare(values: (JsonValue | undefined)[], path: Path = []): PathRow[] {
  const present = values.filter((value) => value !== undefined);
  const steps = commonSteps(present);
  if (steps.length === 0) return [{ path, values, differs: !allEqual(values) }];
  return steps.flatMap((step) => compare(values.map((value) => valueAt(value, [step])), [...path, step]));
}

function commonSteps(present: JsonValue[]): (string | number)[] {
  if (present.length > 0 && present.every(isObject)) return [...new Set((present as JsonObject[]).flatMap(Object.keys))];
  if (present.length > 0 && present.every(Array.isArray)) {
    return Array.from({ length: Math.max(...(present as JsonValue[][]).map((list) => list.length)) }, (_, i) => i);
  }
  return [];
}

function allEqual(values: (JsonValue | undefined)[]): boolean {
  const [first, ...others] = values;
  return others.every((other) => (first === undefined || other === undefined ? first === other : equalJson(first, other)));
}

/** What two people made of one object, key by key. Keys that both changed apart take `preferred` and are named. */
export function mergeObjects(
  base: JsonObject,
  yaml: JsonObject,
  database: JsonObject,
  preferred: "yaml" | "database",
): { merged: JsonObject; apart: Path[] } {
  const apart: Path[] = [];
  const mergeAt = (b: JsonValue | undefined, y: JsonValue | undefined, d: JsonValue | undefined, path: Path) => {
    if (isObject(y) && isObject(d)) {
      const result: JsonObject = {};
      for (const key of new Set([...Object.keys(y), ...Object.keys(d)])) {
        const value: JsonValue | undefined = mergeAt(valueAt(b, [key]), valueAt(y, [key]), valueAt(d, [key]), [...path, key]);
        if (value !== undefined) result[key] = value;
      }
      return result;
    }
    if (allEqual([y, d]) || allEqual([b, d])) return y;
    if (allEqual([b, y])) return d;
    apart.push(path);
    return preferred === "yaml" ? y : d;
  };
  return { merged: mergeAt(base, yaml, database, []) as JsonObject, apart };
}
