// Requests to the daemon, below the folder that the page came from: the whole may stand under a prefix. What it refuses is thrown as a Problem (RFC 9457), a lost connection as one with status 0.
import { isObject, parseJson, stringifyJson, type JsonObject, type JsonValue } from "./json.ts";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly body: JsonObject = {},
  ) {
    super(detail === "" ? title : detail);
  }

  /** A member that a kind of problem carries: `errors`, `guard`, `conflict`, `changed`. */
  member<T>(name: string): T | null {
    return (this.body[name] as T | undefined) ?? null;
  }
}

export interface Answer<T> {
  data: T;
  status: number;
  headers: Headers;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const longestWait = 60_000;

export async function request<T>(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`.${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? null : stringifyJson(body as JsonValue),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(longestWait),
    });
    text = await response.text();
  } catch {
    throw new Problem(0, "The server cannot be reached", "The server cannot be reached.");
  }
  if (!response.ok) throw problemOf(response, text);
  return { data: (text === "" ? null : parseJson(text)) as T, status: response.status, headers: response.headers };
}

export async function get<T>(path: string): Promise<T> {
  return (await request<T>("GET", path)).data;
}

function problemOf(response: Response, text: string): Problem {
  let body: JsonObject = {};
  try {
    const parsed = parseJson(text);
    if (isObject(parsed)) body = parsed;
  } catch {
    // Not from the daemon, say from a proxy: the status has to do.
  }
  const word = (name: string) => (typeof body[name] === "string" ? body[name] : "");
  return new Problem(response.status, word("title") || response.statusText || `HTTP ${response.status}`, word("detail"), body);
}
