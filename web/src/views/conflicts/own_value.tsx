// A value of the person's own for one field of a conflict; for parameters, what both sides made of them put together.
import { useId, useState } from "preact/hooks";
import { isObject, parseJsonText, stringifyJson, type JsonObject } from "../../api/json.ts";
import { statuses } from "../../model/fields.ts";
import { mergeObjects, showPath } from "../../model/json_paths.ts";
import type { FieldDecision, FieldView } from "../../model/resolution.ts";
import { cronWords } from "../../ui/cron.tsx";
import { focusWhenShown } from "../../ui/focus.ts";

export interface OwnValueProps {
  view: FieldView;
  decision: FieldDecision | null;
  onDecide: (decision: FieldDecision) => void;
}

export function OwnValue({ view, decision, onDecide }: OwnValueProps) {
  const [text, setText] = useState<string | null>(null);  // null: not being written
  const [problem, setProblem] = useState("");
  const id = useId();
  const { spec } = view;

  const begin = (value: unknown) => {
    setProblem("");
    setText(spec.type === "json" ? stringifyJson(value as JsonObject, 2) : String(value ?? ""));
  };
  const take = () => {
    const parsed = parse(view, text!);
    if ("problem" in parsed) {
      setProblem(parsed.problem);
      return;
    }
    onDecide({ from: "own", value: parsed.value });
    setText(null);
  };
  if (text === null) {
    const current = decision?.from === "own" ? decision.value : decision?.from === "database" ? view.database : view.yaml;
    return (
      <div class="own-buttons">
        <button type="button" class="quiet" onClick={() => begin(current)}>Own value…</button>
        <Combine view={view} onDecide={onDecide} begin={begin} />
      </div>
    );
  }
  const shared = {
    id,
    value: text,
    "aria-label": `${spec.label}: own value`,
    "aria-invalid": problem !== "",
    "aria-describedby": problem === "" ? undefined : `${id}-problem`,
  };
  return (
    <form
      class="own-value"
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      {spec.type === "json" ? (
        <textarea {...shared} rows={8} spellcheck={false} ref={focusWhenShown} onInput={(event) => setText(event.currentTarget.value)} />
      ) : spec.type === "status" ? (
        <select {...shared} ref={focusWhenShown} onChange={(event) => setText(event.currentTarget.value)}>
          {statuses.map((status) => <option key={status}>{status}</option>)}
        </select>
      ) : (
        <input type="text" {...shared} spellcheck={false} ref={focusWhenShown} onInput={(event) => setText(event.currentTarget.value)} />
      )}
      {spec.type === "cron" && <p class="muted">{cronWords(text)}</p>}
      {problem !== "" && <p id={`${id}-problem`} class="field-error" role="alert">{problem}</p>}
      <button type="submit">Use it</button>
      <button type="button" class="quiet" onClick={() => setText(null)}>Cancel</button>
    </form>
  );
}

// Parameters that the sides changed in different places need no decision on the whole of them.
function Combine({ view, onDecide, begin }: { view: FieldView; onDecide: OwnValueProps["onDecide"]; begin: (value: unknown) => void }) {
  const { base, yaml, database } = view;
  if (view.spec.type !== "json" || !isObject(base) || !isObject(yaml) || !isObject(database)) return null;
  if (!view.yamlChanged || !view.databaseChanged) return null;
  const { merged, apart } = mergeObjects(base, yaml, database, "yaml");
  if (apart.length === 0) {
    return <button type="button" class="quiet" onClick={() => onDecide({ from: "own", value: merged })}>Combine both</button>;
  }
  return (
    <button type="button" class="quiet" title={`Both changed ${apart.map(showPath).join(", ")}: the YAML's value stands first`} onClick={() => begin(merged)}>
      Combine and edit…
    </button>
  );
}

function parse(view: FieldView, text: string): { value: unknown } | { problem: string } {
  if (view.spec.type !== "json") return { value: view.spec.name === "user_id" && text === "" ? null : text };
  try {
    const value = parseJsonText(text);
    return isObject(value) ? { value } : { problem: "Must be a JSON object: {…}" };
  } catch (error) {
    return { problem: `Not JSON: ${(error as Error).message}` };
  }
}
