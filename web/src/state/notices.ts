// Short messages about what was just done or refused.
import { signal } from "@preact/signals";
import { Problem } from "../api/client.ts";

export interface Notice {
  key: number;
  level: "done" | "failed";
  text: string;
}

const shownFor = 8_000;

export const notices = signal<Notice[]>([]);
let lastKey = 0;

export function say(text: string, level: Notice["level"] = "done"): void {
  const notice = { key: ++lastKey, level, text };
  notices.value = [...notices.value.filter((other) => other.text !== text), notice].slice(-4);
  // What failed stays until it is closed.
  if (level === "done") setTimeout(() => dismiss(notice.key), shownFor);
}

export function dismiss(key: number): void {
  notices.value = notices.value.filter((notice) => notice.key !== key);
}

/** A refusal in a sentence. */
export function explain(error: unknown): string {
  if (!(error instanceof Problem)) return String(error);
  if (error.status === 401) return "Not signed in.";
  return error.message;
}

export function sayProblem(error: unknown): void {
  say(explain(error), "failed");
}
