// The conflicts that wait for a decision, oldest first.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Choice, Conflict } from "../../api/types.ts";
import { choiceTexts } from "../../model/outcome_text.ts";
import { counted } from "../../model/summary.ts";
import { route } from "../../state/route.ts";
import { conflicts, conflictsTotal } from "../../state/store.ts";
import { BulkDialog } from "./bulk_dialog.tsx";
import { ConflictCard } from "./conflict_card.tsx";
import { Reading } from "../../ui/reading.tsx";

const bulkChoices: readonly Choice[] = ["keep_yaml", "keep_db", "merge"];
const openedAtFirst = 3;

// Outlives a look at another view.
const selected = signal<ReadonlySet<string>>(new Set());

export function ConflictsView() {
  const [bulk, setBulk] = useState<{ choice: Choice; conflicts: Conflict[] } | null>(null);
  const list = conflicts.value;
  if (list === null) return <Reading what="the conflicts" />;
  if (list.length === 0) return <div class="empty"><h2>No conflicts</h2><p>Nothing waits for a decision.</p></div>;

  const chosen = list.filter((conflict) => selected.value.has(conflict.conflict_id));
  const toggle = (id: string) => {
    const next = new Set(selected.value);
    if (!next.delete(id)) next.add(id);
    selected.value = next;
  };
  const all = chosen.length === list.length;
  return (
    <>
      <div class="toolbar">
        <h2>{counted(conflictsTotal.value, "conflict")}</h2>
        {list.length > 1 && (
          <div class="bulk" role="group" aria-label="Resolve several">
            <label class="check">
              <input
                type="checkbox"
                checked={all}
                ref={(box) => { if (box) box.indeterminate = chosen.length > 0 && !all; }}
                onChange={() => (selected.value = new Set(all ? [] : list.map((conflict) => conflict.conflict_id)))}
              />
              {chosen.length === 0 ? "Select all" : `${chosen.length} selected`}
            </label>
            {bulkChoices.map((choice) => (
              <button key={choice} type="button" disabled={chosen.length === 0} onClick={() => setBulk({ choice, conflicts: chosen })}>
                {choiceTexts[choice]}…
              </button>
            ))}
          </div>
        )}
      </div>
      {list.map((conflict, index) => (
        <ConflictCard
          key={conflict.conflict_id}
          conflict={conflict}
          opened={index < openedAtFirst || route.value.id === conflict.conflict_id}
          selected={list.length > 1 ? selected.value.has(conflict.conflict_id) : null}
          onSelect={() => toggle(conflict.conflict_id)}
        />
      ))}
      {conflictsTotal.value > list.length && (
        <p class="muted">The oldest {list.length} of {conflictsTotal.value} are shown; the others follow as these are resolved.</p>
      )}
      {bulk && <BulkDialog {...bulk} onClose={() => setBulk(null)} onDone={() => (selected.value = new Set())} />}
    </>
  );
}
