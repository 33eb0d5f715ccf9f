// What keeps the sides from being synced, or a task out of it: where it is and how to mend it.
import type { YamlError } from "../api/types.ts";
import { counted } from "../model/summary.ts";
import { status } from "../state/store.ts";
import { Time } from "../ui/time.tsx";

export function ProblemsView() {
  const known = status.value;
  if (!known) return <p class="muted">Reading the status…</p>;
  const { yaml, database } = known;
  const warnings = database.warnings;
  const none = yaml.valid && yaml.errors.length === 0 && database.reachable && warnings.length === 0 && yaml.writable;
  if (none) return <div class="empty"><h2>No problems</h2><p>The YAML is valid and every row of the database too.</p></div>;
  return (
    <>
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

function ErrorView({ error }: { error: YamlError }) {
  const place = [error.file, error.line, error.column].filter((part) => part !== null).join(":");
  return (
    <>
      <p><code class="place">{place}</code> {error.message}</p>
      {error.source && <pre class="source" tabIndex={0} aria-label={`Line ${error.line}`}>{error.source}</pre>}
    </>
  );
}
