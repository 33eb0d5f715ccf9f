// Where in the page one is: `#/tasks?q=backup`, `#/conflicts/conflict_12`. The address is the only place that knows.
import { computed, signal } from "@preact/signals";
import type { ViewName } from "../model/summary.ts";

export interface Route {
  view: ViewName | null;  // null: the page chooses
  id: string | null;
  parameters: URLSearchParams;
}

const views: readonly string[] = ["conflicts", "tasks", "timeline", "history", "problems"] satisfies ViewName[];

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2) as [string, string?];
  const [view = "", id] = path.split("/");
  return {
    view: views.includes(view) ? (view as ViewName) : null,
    id: id ? decodeURIComponent(id) : null,
    parameters: new URLSearchParams(query),
  };
}

export function addressOf(view: ViewName, id: string | number | null = null, parameters = new URLSearchParams()): string {
  const query = parameters.toString();
  return `#/${view}${id === null ? "" : `/${encodeURIComponent(String(id))}`}${query === "" ? "" : `?${query}`}`;
}

const hash = signal(typeof location === "undefined" ? "" : location.hash);
export const route = computed(() => parseRoute(hash.value));

export function listenToAddress(): void {
  window.addEventListener("hashchange", () => (hash.value = location.hash));
}

/** `replace`: no entry of its own in the browser's history. */
export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  hash.value = address;
}
