// What keeps the sides from being synced, or a task out of it: where it is and how to mend it.
import type { Status, WaitingChange, YamlError } from "../api/types.ts";
import { counted } from "../model/summary.ts";
import { status } from "../state/store.ts";
import { Time } from "../ui/time.tsx";

export function ProblemsView() {
  const known = status.value;
  if (!known) return <p class="muted">Reading the status…</p>;
  const { yaml, database } = known;
  const warnings = database.warnings;
  const none = yaml.valid && yaml.errors.length === 0 && database.reachable && warnings.length === 0 && yaml.writable &&
    known.waiting_count === 0 && known.last_error === null;
  if (none) return <div class="empty"><h2>No problems</h2><p>The YAML is valid and every row of the database too.</p></div>;
  return (
    <>
      {known.last_error !== null && <FailureView failure={known.last_error} />}
      {!database.reachable && (
        <section class="card problem">
          <h2>The database cannot be reached</h2>
          <p>Nothing is synced until it can; the daemon keeps trying. Its log says what the database answers.</p>
        </section>
      )}
      {!yaml.valid && (
        <section class="card problem">
          <h2>{yaml.checksum === null ? "The YAML is missing" : `The YAML is invalid: ${counted(yaml.errors.length, "error")}`}</h2>
          <p class="muted">
            <code>{yaml.path}</code>{yaml.modified_at !== null && <>, saved <Time at={yaml.modified_at} /></>}. Nothing is synced, on either side, until it is mended; it
            is read again as soon as it is saved.
          </p>
          <ol class="errors">{yaml.errors.map((error, i) => <li key={i}><ErrorView error={error} /></li>)}</ol>
        </section>
      )}
      {yaml.valid && !yaml.writable && (
        <section class="card problem">
          <h2>The YAML cannot be written</h2>
          <p>Its changes still reach the database; the database's changes wait. <code>lockstep doctor</code> says what is missing.</p>
        </section>
      )}
      {known.waiting_count > 0 && <WaitingView waiting={known.waiting} all={known.waiting_count} />}
      {warnings.length > 0 && (
        <section class="card problem">
          <h2>{counted(warnings.length, "invalid row")} in the database</h2>
          <p class="muted">Left as they are: neither written nor deleted, and kept out of the YAML. All other tasks are synced.</p>
          <ol class="errors">
            {warnings.map((warning, i) => <li key={i}><p>{warning.message}</p></li>)}
          </ol>
        </section>
      )}
    </>
  );
}

function FailureView({ failure }: { failure: NonNullable<Status["last_error"]> }) {
  return (
    <section class="card problem">
      <h2>The last sync failed: {failure.title}</h2>
      <p class="muted"><Time at={failure.at} />. It is tried again by itself; what changed meanwhile on either side waits until then.</p>
      <pre class="source" tabIndex={0} aria-label="What it says">{failure.detail}</pre>
    </section>
  );
}

function WaitingView({ waiting, all }: { waiting: WaitingChange[]; all: number }) {
  return (
    <section class="card problem">
      <h2>{all === 1 ? "1 change waits" : `${counted(all, "change")} wait`}</h2>
      <p class="muted">They should be carried over and cannot be, for now; each is tried again by itself. All others are synced.</p>
      <ol class="errors">
        {waiting.map((change) => (
          <li key={`${change.task_id} ${change.side} ${change.field}`}>
            <p>
              Task {String(change.task_id)}{change.field !== null && <>, <code>{change.field}</code></>}, to the {change.side === "yaml" ? "YAML" : "database"}:{" "}
              {change.reason} <span class="muted">since <Time at={change.since} /></span>
            </p>
          </li>
        ))}
      </ol>
      {all > waiting.length && <p class="muted">and {counted(all - waiting.length, "more", "more")}</p>}
    </section>
  );
}

function ErrorView({ error }: { error: YamlError }) {
  const place = [error.file, error.line, error.column].filter((part) => part !== null).join(":");
  return (
    <>
      <p><code class="place">{place}</code> {error.message}</p>
      {error.source && <pre class="source" tabIndex={0} aria-label={`Line ${error.line}`}>{error.source}</pre>}
    </>
  );
}
