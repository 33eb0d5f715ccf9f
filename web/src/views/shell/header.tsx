// The state of things, always in view, and the way to sync.
import { useState } from "preact/hooks";
import { addressOf } from "../../state/route.ts";
import { lastContact, online, state, status } from "../../state/store.ts";
import { askAboutDeletions, syncNow, syncing } from "../../state/actions.ts";
import { directionTexts, triggerText } from "../../model/changes.ts";
import type { Finding } from "../../model/summary.ts";
import { Time } from "../../ui/time.tsx";
import { SyncDialog } from "./sync_dialog.tsx";

export function Header() {
  const [options, setOptions] = useState(false);
  const known = status.value;
  return (
    <header class="top">
      <h1 class="brand">
        lockstep
        {known && <span class="replica" title={`Replica ${known.replica}: ${known.yaml.path}`}>{known.replica}</span>}
      </h1>
      <div class="findings" role="status">
        <ul aria-label="State">
          {state.value.map((finding) => (
            <li key={finding.text} class={`finding ${finding.level}`}>
              <FindingText finding={finding} />
            </li>
          ))}
        </ul>
      </div>
      <LastSync />
      <div class="sync-buttons">
        <button type="button" class="primary" disabled={!online.value || syncing.value} onClick={() => void syncNow()}>
          {syncing.value ? "Syncing…" : "Sync"}
        </button>
        <button type="button" disabled={!online.value} onClick={() => setOptions(true)}>
          Options…
        </button>
      </div>
      {options && <SyncDialog onClose={() => setOptions(false)} />}
    </header>
  );
}

function FindingText({ finding: { text, leadsTo } }: { finding: Finding }) {
  if (leadsTo === "guard") return <button type="button" onClick={askAboutDeletions}>{text}</button>;
  return leadsTo ? <a href={addressOf(leadsTo)}>{text}</a> : <>{text}</>;
}

function LastSync() {
  const known = status.value;
  if (!known) return <p class="last-sync muted">{lastContact.value === null ? "" : "–"}</p>;
  const run = known.last_run;
  const how = run ? `Run ${run.run_id}, ${directionTexts[run.direction]}: ${triggerText(run.trigger)}` : undefined;
  return (
    <p class="last-sync muted" title={how}>
      {known.last_sync_timestamp === null ? "never synced" : <>last sync <Time at={known.last_sync_timestamp} /></>}
    </p>
  );
}
