// The sides of a conflict side by side, field by field, parameters key by key, and what the decision makes of them.
import { useState } from "preact/hooks";
import type { Choice, Conflict } from "../../api/types.ts";
import { isObject, type JsonValue } from "../../api/json.ts";
import type { FieldName } from "../../model/fields.ts";
import { compare, showPath, valueAt, type PathRow } from "../../model/json_paths.ts";
import {
  decisionOn, fieldViews, type FieldDecision, type FieldDecisions, type FieldView, type Outcome,
} from "../../model/resolution.ts";
import { counted } from "../../model/summary.ts";
import { owners } from "../../state/store.ts";
import { Value } from "../../ui/value.tsx";
import { OwnValue } from "./own_value.tsx";

export interface FieldTableProps {
  conflict: Conflict;
  choice: Choice | null;
  decisions: FieldDecisions;
  outcome: Outcome | null;
  onDecide: (field: FieldName, decision: FieldDecision) => void;
}

export function FieldTable({ conflict, choice, decisions, outcome, onDecide }: FieldTableProps) {
  const [showEqual, setShowEqual] = useState(false);
  const views = fieldViews(conflict, owners.value);
  const interesting = views.filter((view) => view.differs || view.inConflict);
  const shown = showEqual ? views : interesting;
  const hidden = views.length - interesting.length;
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={`Task ${conflict.task_id}, side by side`}>
        <table class="sides">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Base</th>
              <th scope="col" class="side-name yaml">YAML</th>
              <th scope="col" class="side-name database">Database</th>
              <th scope="col" class="result">Result</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((view) => (
              <FieldRows
                key={view.spec.name}
                conflict={conflict}
                view={view}
                decision={choice === null ? null : decisionOn(view, choice, decisions)}
                outcome={outcome}
                onDecide={(decision) => onDecide(view.spec.name, decision)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && (
        <button type="button" class="quiet" aria-expanded={showEqual} onClick={() => setShowEqual(!showEqual)}>
          {showEqual ? "Hide" : "Show"} {counted(hidden, "field")} that {hidden === 1 ? "is" : "are"} equal
        </button>
      )}
    </>
  );
}

interface FieldRowsProps {
  conflict: Conflict;
  view: FieldView;
  decision: FieldDecision | null;
  outcome: Outcome | null;
  onDecide: (decision: FieldDecision) => void;
}

function FieldRows({ conflict, view, decision, outcome, onDecide }: FieldRowsProps) {
  const { spec, base, yaml, database } = view;
  const present = [base, yaml, database].filter((value) => value !== undefined && value !== null);
  const takenApart = spec.type === "json" && present.length > 1 && present.every(isObject);
  const result = outcome?.task?.[spec.name];
  const undecided = outcome !== null && outcome.undecided.includes(spec.name);
  const choosable = view.differs && conflict.yaml_data !== null && conflict.db_data !== null;
  const chosen = decision?.from ?? null;

  const side = (name: "yaml" | "database", value: unknown, changed: boolean) => (
    <td class={`side ${name}${view.differs && changed ? " changed" : ""}${chosen === name && choosable ? " taken" : ""}`} data-label={name === "yaml" ? "YAML" : "Database"}>
      <div class="side-cell">
        {choosable && (
          <input
            type="radio"
            name={`${conflict.conflict_id}-${spec.name}`}
            aria-label={`${spec.label}: take the ${name === "yaml" ? "YAML's" : "database's"} value`}
            checked={chosen === name}
            onChange={() => onDecide({ from: name })}
          />
        )}
        {sideAbsent(conflict, name) ? <em class="muted">deleted</em> : takenApart ? <ChangedKeys base={base} value={value} /> : <Value field={spec.name} value={value} />}
        {view.differs && changed && !takenApart && <span class="mark">changed</span>}
      </div>
    </td>
  );
  return (
    <>
      <tr class={view.inConflict ? "in-conflict" : ""}>
        <th scope="row">
          {spec.label}
          {view.inConflict && view.differs && <span class="mark conflict-mark">conflict</span>}
          {view.owner && <span class="mark">{view.owner === "yaml" ? "the YAML's" : "the database's"}</span>}
        </th>
        <td data-label="Base">{takenApart ? null : <Value field={spec.name} value={base} />}</td>
        {side("yaml", yaml, view.yamlChanged || !conflict.base_data)}
        {side("database", database, view.databaseChanged || !conflict.base_data)}
        <td class="result" data-label="Result">
          <ResultCell outcome={outcome} undecided={undecided}>
            {chosen === "own" && <span class="mark">own value</span>}
            {takenApart && outcome?.task ? null : <Value field={spec.name} value={result} />}
          </ResultCell>
          {choosable && <OwnValue view={view} decision={decision} onDecide={onDecide} />}
        </td>
      </tr>
      {takenApart && <ParameterRows view={view} result={outcome?.task && !undecided ? (result as JsonValue) : undefined} />}
    </>
  );
}

function sideAbsent(conflict: Conflict, side: "yaml" | "database"): boolean {
  return (side === "yaml" ? conflict.yaml_data : conflict.db_data) === null;
}

function ResultCell({ outcome, undecided, children }: { outcome: Outcome | null; undecided: boolean; children: preact.ComponentChildren }) {
  if (outcome === null) return <span class="muted">–</span>;
  if (undecided) return <span class="mark conflict-mark">to decide</span>;
  if (outcome.moved) return <span class="muted">both kept</span>;
  if (outcome.task === null) return <em class="muted">deleted</em>;
  return <>{children}</>;
}

function ChangedKeys({ base, value }: { base: unknown; value: unknown }) {
  if (!isObject(base) || !isObject(value)) return <span class="muted">{isObject(value) ? counted(Object.keys(value).length, "key") : "–"}</span>;
  const changed = compare([base, value]).filter((row) => row.differs).length;
  return <span class="muted">{changed === 0 ? "as in the base" : `${counted(changed, "key")} changed`}</span>;
}

// Only what differs somewhere: parameters can be long.
function ParameterRows({ view, result }: { view: FieldView; result: JsonValue | undefined }) {
  const rows = compare([view.base, view.yaml, view.database].map((value) => (value ?? undefined) as JsonValue | undefined));
  const differing = rows.filter((row) => row.differs);
  const equal = rows.length - differing.length;
  return (
    <>
      {differing.map((row) => <ParameterRow key={showPath(row.path)} row={row} result={result} />)}
      {equal > 0 && (
        <tr class="parameter">
          <td colSpan={5} class="muted">{counted(equal, "key")} equal on all sides</td>
        </tr>
      )}
    </>
  );
}

function ParameterRow({ row, result }: { row: PathRow; result: JsonValue | undefined }) {
  const [base, yaml, database] = row.values;
  const differs = (value: JsonValue | undefined) => compare([base, value]).some((part) => part.differs);
  return (
    <tr class="parameter">
      <th scope="row"><code>{showPath(row.path)}</code></th>
      <td data-label="Base"><Value field="" value={base} /></td>
      <td data-label="YAML" class={differs(yaml) ? "side yaml changed" : "side yaml"}><Value field="" value={yaml} /></td>
      <td data-label="Database" class={differs(database) ? "side database changed" : "side database"}><Value field="" value={database} /></td>
      <td data-label="Result" class="result">{result === undefined ? <span class="muted">–</span> : <Value field="" value={valueAt(result, row.path)} />}</td>
    </tr>
  );
}
