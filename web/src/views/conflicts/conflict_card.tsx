// One conflict: the sides, a decision, what it leads to, and the button that sends it.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Choice, Conflict } from "../../api/types.ts";
import type { FieldName } from "../../model/fields.ts";
import { choiceHints, choiceTexts, outcomeText } from "../../model/outcome_text.ts";
import {
  decisionsKept, outcomeOf, possibleChoices, spelledOut, type FieldDecision, type FieldDecisions,
} from "../../model/resolution.ts";
import { conflictHeadline } from "../../model/side_story.ts";
import { resolve } from "../../state/actions.ts";
import { owners, status } from "../../state/store.ts";
import { Time } from "../../ui/time.tsx";
import { nameOf } from "./bulk_dialog.tsx";
import { FieldTable } from "./field_table.tsx";
import { SideStories } from "./side_stories.tsx";

export interface ConflictCardProps {
  conflict: Conflict;
  opened: boolean;
  selected: boolean | null;  // null: there is nothing to select among
  onSelect: () => void;
}

export function ConflictCard({ conflict, opened, selected, onSelect }: ConflictCardProps) {
  const [open, setOpen] = useState(opened);
  const id = conflict.conflict_id;
  return (
    <article class="card conflict" aria-labelledby={`${id}-title`}>
      <header class="card-head">
        {selected !== null && (
          <input type="checkbox" aria-label={`Select task ${conflict.task_id}`} checked={selected} onChange={onSelect} />
        )}
        <h3 id={`${id}-title`}>
          <button type="button" class="disclosure" aria-expanded={open} aria-controls={`${id}-body`} onClick={() => setOpen(!open)}>
            <span class="task-id">{String(conflict.task_id)}</span> {nameOf(conflict)}
          </button>
        </h3>
        {conflict.replica !== status.value?.replica && <span class="badge">replica {conflict.replica}</span>}
        <p class="reason">{conflictHeadline(conflict)}</p>
        <p class="muted card-when">found <Time at={conflict.detected_at} /></p>
      </header>
      <div id={`${id}-body`} hidden={!open}>{open && <ConflictBody conflict={conflict} />}</div>
    </article>
  );
}

function ConflictBody({ conflict }: { conflict: Conflict }) {
  const [choice, setChoice] = useState<Choice | null>(null);
  const [decisions, setDecisions] = useState<FieldDecisions>({});
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");
  const [movedOn, setMovedOn] = useState(false);

  // The conflict may become another one under the person's eyes.
  const seen = useRef(conflict);
  useEffect(() => {
    if (seen.current.version === conflict.version) return;
    setDecisions(decisionsKept(seen.current, conflict, decisions));
    setMovedOn(true);
    setRefused("");
    if (choice !== null && !possibleChoices(conflict).includes(choice)) setChoice(null);
    seen.current = conflict;
  }, [conflict]);

  const choose = (next: Choice) => {
    if (next === "custom") setDecisions(spelledOut(conflict, choice, decisions, owners.value));
    setChoice(next);
    setRefused("");
  };
  const decide = (field: FieldName, decision: FieldDecision) => {
    setDecisions({ ...spelledOut(conflict, choice, decisions, owners.value), [field]: decision });
    setChoice("custom");
    setRefused("");
  };
  const apply = async () => {
    if (choice === null) return;
    setBusy(true);
    const answer = await resolve(conflict, choice, decisions);
    setBusy(false);
    if (typeof answer === "object") setRefused(answer.refused);
  };

  const outcome = choice === null ? null : outcomeOf(conflict, choice, decisions, owners.value);
  const ready = outcome !== null && outcome.undecided.length === 0;
  return (
    <div class="card-body">
      {movedOn && (
        <p class="note attention" role="alert">
          This conflict changed while you looked at it. It is shown as it is now; please check your choice.{" "}
          <button type="button" class="quiet" onClick={() => setMovedOn(false)}>Understood</button>
        </p>
      )}
      <SideStories conflict={conflict} />
      <FieldTable conflict={conflict} choice={choice} decisions={decisions} outcome={outcome} onDecide={decide} />
      <div class="decision">
        <div class="choice-buttons" role="group" aria-label="Decision">
          {possibleChoices(conflict).map((value) => (
            <button key={value} type="button" aria-pressed={choice === value} title={choiceHints[value]} onClick={() => choose(value)}>
              {choiceTexts[value]}
            </button>
          ))}
        </div>
        <p class="outcome" aria-live="polite">
          {outcome === null && <span class="muted">Choose what to keep; the result is shown before anything is written.</span>}
          {outcome !== null && !ready && <>Still to decide: {outcome.undecided.join(", ")}.</>}
          {outcome !== null && ready && <>{outcomeText(outcome)}.</>}
        </p>
        <button type="button" class="primary" disabled={!ready || busy} onClick={() => void apply()}>
          {busy ? "Applying…" : choice === null ? "Apply" : `Apply: ${choiceTexts[choice].toLowerCase().replace("yaml", "YAML")}`}
        </button>
      </div>
      {refused !== "" && <p class="note broken" role="alert">{refused}</p>}
    </div>
  );
}
