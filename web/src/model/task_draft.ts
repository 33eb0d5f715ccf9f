// A task as it stands in the form, in text, and what is sent of it.
import type { Task, TaskStatus } from "../api/types.ts";
import { isObject, parseJsonText, stringifyJson, type JsonObject } from "../api/json.ts";
import { equalValues, syncedFields, type FieldName } from "./fields.ts";

export interface Draft {
  id: string;             // when creating; empty: the daemon chooses
  skill_name: string;
  schedule_cron: string;
  next_run_at: string;    // RFC 3339; empty when creating: the daemon computes it
  params_json: string;
  status: TaskStatus;
  user_id: string;        // empty: nobody
}

export const draftFields = ["id", "skill_name", "schedule_cron", "next_run_at", "params_json", "status", "user_id"] as const;

export const emptyDraft: Draft = {
  id: "", skill_name: "", schedule_cron: "", next_run_at: "", params_json: "{}", status: "pending", user_id: "",
};

export function draftOf(task: Task): Draft {
  return {
    id: String(task.id),
    skill_name: task.skill_name,
    schedule_cron: task.schedule_cron,
    next_run_at: task.next_run_at,
    params_json: stringifyJson(task.params_json, 2),
    status: task.status,
    user_id: task.user_id ?? "",
  };
}

export type Body = Record<string, unknown>;
export type BodyOrErrors = { body: Body } | { errors: Record<string, string> };

/** The whole task for POST; `id` and `next_run_at` are left to the daemon where the draft has none. */
export function createBody(draft: Draft): BodyOrErrors {
  return withParameters(draft, (params) => {
    const body: Body = { ...common(draft), params_json: params };
    const id = draft.id.trim();
    if (id !== "") body.id = /^\d+$/.test(id) ? BigInt(id) : id;
    if (draft.next_run_at.trim() !== "") body.next_run_at = draft.next_run_at.trim();
    return body;
  });
}

/** The whole task for PUT. Not a merge patch: that cannot say a null inside the parameters. */
export function replaceBody(task: Task, draft: Draft): BodyOrErrors {
  return withParameters(draft, (params) => ({
    id: task.id, ...common(draft), next_run_at: draft.next_run_at.trim(), params_json: params,
  }));
}

function common(draft: Draft): Body {
  return {
    skill_name: draft.skill_name,
    schedule_cron: draft.schedule_cron,
    status: draft.status,
    user_id: draft.user_id === "" ? null : draft.user_id,
  };
}

/** The fields that the draft changes of `task`. Parameters count as changed while they are not JSON. */
export function changedFields(task: Task, draft: Draft): FieldName[] {
  const replaced = replaceBody(task, draft);
  if ("errors" in replaced) return [...changedFields(task, { ...draft, params_json: stringifyJson(task.params_json) }), "params_json"];
  return syncedFields.map((field) => field.name).filter((name) => !equalValues(replaced.body[name], task[name]));
}

/**
 * The draft carried over to the task as it is now: what the person changed stays, the rest follows the task. `apart` names
 * the fields that both changed, where the person's value stands over a new one.
 */
export function rebase(before: Task, now: Task, draft: Draft): { draft: Draft; apart: FieldName[] } {
  const mine = changedFields(before, draft);
  const fresh = draftOf(now);
  const result = { ...fresh };
  for (const name of mine) Object.assign(result, { [name]: draft[name as keyof Draft] });
  const apart = mine.filter((name) => !equalValues(before[name], now[name]));
  return { draft: result, apart };
}

function withParameters(draft: Draft, build: (params: JsonObject) => Body): BodyOrErrors {
  const text = draft.params_json.trim();
  try {
    const params = parseJsonText(text === "" ? "{}" : text);
    return isObject(params) ? { body: build(params) } : { errors: { params_json: "must be a JSON object: {…}" } };
  } catch (error) {
    return { errors: { params_json: `not JSON: ${(error as Error).message}` } };
  }
}
