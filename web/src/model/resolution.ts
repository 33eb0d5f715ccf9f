// What a decision on a conflict would lead to, before it is sent: docs/SEMANTICS.md, "Conflicts", for the one conflict at
// hand. The daemon decides; this tells what it will say.
import type { Choice, Conflict, SideName, Task } from "../api/types.ts";
import { equalValues, syncedFields, type FieldName, type FieldSpec } from "./fields.ts";

/** A side's value, or one of the person's own. */
export type FieldDecision = { from: SideName } | { from: "own"; value: unknown };
export type FieldDecisions = Partial<Record<FieldName, FieldDecision>>;

/** Whose value a field takes whatever happened: the configuration's `fields.NAME.owner`. */
export type Owners = Readonly<Record<string, SideName>>;

/** One field of a conflict, side by side. */
export interface FieldView {
  spec: FieldSpec;
  base: unknown;
  yaml: unknown;
  database: unknown;
  yamlChanged: boolean;
  databaseChanged: boolean;
  differs: boolean;     // between YAML and database
  inConflict: boolean;  // needs a decision
  owner: SideName | null;
}

export interface Outcome {
  task: Task | null;      // what both sides hold afterwards; null: deleted. keep_both: the row's own
  moved: Task | null;     // keep_both: the YAML's task, which gets a new id
  yaml: SideWrite;
  database: SideWrite;
  undecided: FieldName[]; // custom: conflicting fields without a decision; the rest is then as if they were left as they are
}

export type SideWrite =
  | { action: "none" }
  | { action: "insert" | "delete" }
  | { action: "update"; fields: FieldName[] };

const choiceOrder: readonly Choice[] = ["keep_yaml", "keep_db", "merge", "custom", "keep_both"];

export function isPossible(conflict: Conflict, choice: Choice): boolean {
  if (choice === "keep_yaml" || choice === "keep_db") return true;
  if (!conflict.yaml_data || !conflict.db_data) return false;
  return choice !== "keep_both" || conflict.kind === "create/create";
}

export function possibleChoices(conflict: Conflict): Choice[] {
  return choiceOrder.filter((choice) => isPossible(conflict, choice));
}

export function fieldViews(conflict: Conflict, owners: Owners = {}): FieldView[] {
  const { base_data: base, yaml_data: yaml, db_data: database } = conflict;
  return syncedFields.map((spec) => {
    const values = { base: base?.[spec.name], yaml: yaml?.[spec.name], database: database?.[spec.name] };
    const differs = !equalValues(values.yaml, values.database);
    return {
      spec,
      ...values,
      // Without a base nobody knows who changed what: each side made the task.
      yamlChanged: base !== null && yaml !== null && !equalValues(values.base, values.yaml),
      databaseChanged: base !== null && database !== null && !equalValues(values.base, values.database),
      differs,
      inConflict: conflict.fields.includes(spec.name),
      // An owner has no say where a side lacks the task: it goes there whole.
      owner: (yaml && database && owners[spec.name]) || null,
    };
  });
}

/** Which side a field takes that nobody decided on: its owner; the one that changed it; the schema's where both did. */
export function mergesTo(view: FieldView): SideName {
  if (view.owner) return view.owner;
  if (view.yamlChanged === view.databaseChanged) return view.spec.mergeSide;
  return view.yamlChanged ? "yaml" : "database";
}

/** What becomes of one field; null where a person has yet to decide. */
export function decisionOn(view: FieldView, choice: Choice, decisions: FieldDecisions): FieldDecision | null {
  if (choice === "keep_yaml") return { from: view.owner ?? "yaml" };
  if (choice === "keep_db") return { from: view.owner ?? "database" };
  const decision = choice === "custom" ? decisions[view.spec.name] : undefined;
  if (decision) return decision;
  return choice === "custom" && view.inConflict && view.differs ? null : { from: mergesTo(view) };
}

/** A choice spelled out field by field, to go on from there. */
export function spelledOut(conflict: Conflict, choice: Choice | null, decisions: FieldDecisions, owners: Owners = {}): FieldDecisions {
  if (choice === null || choice === "custom" || choice === "keep_both") return decisions;
  const result: FieldDecisions = {};
  for (const view of fieldViews(conflict, owners)) {
    const decision = view.differs ? decisionOn(view, choice, decisions) : null;
    if (decision) result[view.spec.name] = decision;
  }
  return result;
}

export function outcomeOf(conflict: Conflict, choice: Choice, decisions: FieldDecisions = {}, owners: Owners = {}): Outcome {
  const { yaml_data: yaml, db_data: database } = conflict;
  const result = (task: Task | null, undecided: FieldName[] = []): Outcome => ({
    task,
    moved: null,
    yaml: writeBetween(yaml, task),
    database: writeBetween(database, task),
    undecided,
  });
  if (!yaml || !database) return result(choice === "keep_yaml" ? yaml : database);
  if (choice === "keep_both") {
    return { task: database, moved: yaml, yaml: { action: "insert" }, database: { action: "insert" }, undecided: [] };
  }

  const task: Record<string, unknown> = { ...database };
  const undecided: FieldName[] = [];
  for (const view of fieldViews(conflict, owners)) {
    const decision = decisionOn(view, choice, decisions);
    if (decision === null) undecided.push(view.spec.name);
    else if (decision.from === "own") task[view.spec.name] = decision.value;
    else task[view.spec.name] = decision.from === "yaml" ? view.yaml : view.database;
  }
  return result(task as unknown as Task, undecided);
}

function writeBetween(before: Task | null, after: Task | null): SideWrite {
  if (!before && !after) return { action: "none" };
  if (!before) return { action: "insert" };
  if (!after) return { action: "delete" };
  const fields = syncedFields.map((spec) => spec.name).filter((name) => !equalValues(before[name], after[name]));
  return fields.length === 0 ? { action: "none" } : { action: "update", fields };
}

export interface ResolveBody {
  choice: Choice;
  version: number;
  fields?: Record<string, "yaml" | "db" | { value: unknown }>;
}

/** The request. `custom` names the fields that were decided, and no others. */
export function resolveBody(conflict: Conflict, choice: Choice, decisions: FieldDecisions): ResolveBody {
  const body: ResolveBody = { choice, version: conflict.version };
  if (choice !== "custom") return body;
  body.fields = {};
  for (const [name, decision] of Object.entries(decisions)) {
    body.fields[name] = decision.from === "own" ? { value: decision.value } : decision.from === "yaml" ? "yaml" : "db";
  }
  return body;
}

/** What of a person's decisions still applies to a conflict that has moved on: those on values that stayed. */
export function decisionsKept(before: Conflict, now: Conflict, decisions: FieldDecisions): FieldDecisions {
  const seen = new Map(fieldViews(before).map((view) => [view.spec.name, view]));
  const kept: FieldDecisions = {};
  for (const view of fieldViews(now)) {
    const decision = decisions[view.spec.name];
    const old = seen.get(view.spec.name);
    if (decision && old && equalValues(old.yaml, view.yaml) && equalValues(old.database, view.database)) {
      kept[view.spec.name] = decision;
    }
  }
  return kept;
}
