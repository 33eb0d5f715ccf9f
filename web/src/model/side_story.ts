// Who or what changed which side of a conflict, and when, as far as it is known.
import type { Conflict, Run, SideName, Status } from "../api/types.ts";
import { fieldViews } from "./resolution.ts";
import { triggerText } from "./changes.ts";

export interface SideStory {
  side: SideName;
  what: string;                                    // `changed schedule_cron, status`, `deleted the task`
  times: { what: string; timestamp: string }[];    // the most telling first
}

export function storyOf(conflict: Conflict, status: Status | null): SideStory[] {
  return [yamlStory(conflict, status), databaseStory(conflict)];
}

function yamlStory(conflict: Conflict, status: Status | null): SideStory {
  const times = [];
  if (conflict.yaml_updated_at) times.push({ what: "updated_at in the file", timestamp: conflict.yaml_updated_at });
  if (status?.yaml.modified_at) times.push({ what: "file saved", timestamp: status.yaml.modified_at });
  return { side: "yaml", what: whatHappened(conflict, "yaml") + by(conflict.yaml_author), times };
}

function databaseStory(conflict: Conflict): SideStory {
  const times = conflict.db_updated_at ? [{ what: "updated_at of the row", timestamp: conflict.db_updated_at }] : [];
  return { side: "database", what: whatHappened(conflict, "database") + by(conflict.db_author), times };
}

const by = (author: string | null | undefined) => (author ? `, by ${author}` : "");

function whatHappened(conflict: Conflict, side: SideName): string {
  const task = side === "yaml" ? conflict.yaml_data : conflict.db_data;
  if (!task) return "deleted the task";
  if (!conflict.base_data) return "has a task of its own";
  const changed = fieldViews(conflict).filter((view) => (side === "yaml" ? view.yamlChanged : view.databaseChanged));
  return changed.length === 0 ? "unchanged" : `changed ${changed.map((view) => view.spec.name).join(", ")}`;
}

export interface Agreement {
  runId: number;
  trigger: string;
  timestamp: string;
}

/** The run that last left the task without a conflict. `runs`: those that touched it, newest first. */
export function lastAgreement(conflict: Conflict, runs: readonly Run[]): Agreement | null {
  const before = Date.parse(conflict.detected_at);
  const run = runs.find(({ timestamp, conflicts }) => Date.parse(timestamp) <= before && !conflicts.some(({ task_id }) => task_id === conflict.task_id));
  if (!run || run.run_id === null) return null;
  return { runId: run.run_id, trigger: triggerText(run.trigger), timestamp: run.timestamp };
}

export function conflictHeadline(conflict: Conflict): string {
  if (conflict.kind === "update/delete" || conflict.kind === "delete/update") return conflict.conflict_reason;
  return `${conflict.conflict_reason}: ${conflict.fields.join(", ")}`;
}
