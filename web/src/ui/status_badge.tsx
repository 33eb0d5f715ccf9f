import type { TaskStatus } from "../api/types.ts";

export function StatusBadge({ status }: { status: TaskStatus }) {
  return <span class={`badge status-${status}`}>{status}</span>;
}
