// JSON without loss. A number that JavaScript would change is kept: an integer beyond 2^53 as bigint (task ids go up to
// 2^63-1, parameters further), any other as JsonNumber with its own text (`1.0`, `1e400`, twenty digits).

export class JsonNumber {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

export type JsonValue = null | boolean | number | bigint | string | JsonNumber | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

// Whether `text` may hold a number that JSON.parse would change. Inside a string it may say yes for nothing, which
// costs only time.
const mayLose = /(?:^|[:,[])\s*(?:-?\d{16}|-?\d+[.eE]|-0)/;

/** Throws SyntaxError for what is not JSON. */
export function parseJson(text: string): JsonValue {
  return mayLose.test(text) ? parseJsonText(text) : (JSON.parse(text) as JsonValue);
}

/** The same for what a person typed: the message names line and column, in every browser. */
export function parseJsonText(text: string): JsonValue {
  return new Reader(text).document();
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** Compact, or with `indent` blanks a level. Keys keep their order. */
export function stringifyJson(value: JsonValue, indent = 0): string {
  return write(value, indent, "\n");
}

function write(value: JsonValue, indent: number, newline: string): string {
  if (typeof value === "bigint" || value instanceof JsonNumber) return value.toString();
  const inner = newline + " ".repeat(indent);
  const enclose = (open: string, items: string[], close: string) => {
    if (items.length === 0) return open + close;
    return indent > 0 ? open + inner + items.join("," + inner) + newline + close : open + items.join(",") + close;
  };
  if (Array.isArray(value)) return enclose("[", value.map((item) => write(item, indent, inner)), "]");
  if (isObject(value)) {
    const colon = indent > 0 ? ": " : ":";
    const members = Object.entries(value).map(([key, member]) => JSON.stringify(key) + colon + write(member, indent, inner));
    return enclose("{", members, "}");
  }
  return JSON.stringify(value);
}

/** Equal as JSON: numbers by exact decimal value, objects whatever the order of their keys. */
export function equalJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return decimal(String(a)) === decimal(String(b));
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equalJson(item, b[i]!));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key]!, b[key]!));
}

function isNumber(value: JsonValue): value is number | bigint | JsonNumber {
  return typeof value === "number" || typeof value === "bigint" || value instanceof JsonNumber;
}

// The same text for the same value: sign, digits without zeros at either end, and the power of ten of the last one.
function decimal(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return "0";
  return `${sign}${digits}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(all.length - digits.length)}`;
}

const maxDepth = 200;

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): JsonValue {
    const value = this.value(0);
    this.skipBlanks();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private value(depth: number): JsonValue {
    if (depth > maxDepth) throw new SyntaxError("nested too deep");
    this.skipBlanks();
    const next = this.text[this.at];
    if (next === "{") return this.object(depth);
    if (next === "[") return this.array(depth);
    if (next === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]] as const) {
      if (!this.text.startsWith(word, this.at)) continue;
      this.at += word.length;
      return value;
    }
    return this.number();
  }

  private object(depth: number): JsonObject {
    const result: JsonObject = {};
    this.items("}", () => {
      this.skipBlanks();
      if (this.text[this.at] !== '"') this.fail();
      const key = this.string();
      this.skipBlanks();
      if (this.text[this.at++] !== ":") this.fail(this.at - 1);
      // Not an assignment: that of `__proto__` would set no member.
      Object.defineProperty(result, key, { value: this.value(depth + 1), enumerable: true, configurable: true, writable: true });
    });
    return result;
  }

  private array(depth: number): JsonValue[] {
    const result: JsonValue[] = [];
    this.items("]", () => result.push(this.value(depth + 1)));
    return result;
  }

  private items(close: string, readItem: () => void): void {
    ++this.at;
    this.skipBlanks();
    if (this.text[this.at] === close) {
      ++this.at;
      return;
    }
    for (;;) {
      readItem();
      this.skipBlanks();
      const next = this.text[this.at++];
      if (next === close) return;
      if (next !== ",") this.fail(this.at - 1);
    }
  }

  private string(): string {
    const begin = this.at++;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    ++this.at;
    try {
      return JSON.parse(this.text.slice(begin, this.at)) as string;
    } catch {
      return this.fail(begin);
    }
  }

  private number(): JsonValue {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.text)?.[0];
    if (text === undefined) return this.fail();
    this.at += text.length;
    if (String(Number(text)) === text) return Number(text);
    return /^-?[1-9]\d*$/.test(text) ? BigInt(text) : new JsonNumber(text);
  }

  private skipBlanks(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) ++this.at;
  }

  private fail(at = this.at): never {
    if (at >= this.text.length) throw new SyntaxError("it ends too early");
    const before = this.text.slice(0, at).split("\n");
    throw new SyntaxError(
      `${JSON.stringify(this.text[at])} is not expected in line ${before.length}, column ${before.at(-1)!.length + 1}`,
    );
  }
}
