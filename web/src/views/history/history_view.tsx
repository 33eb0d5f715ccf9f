// What was done, newest first; each run with its changes, and the way back.
import { useEffect } from "preact/hooks";
import { loadOlderRuns, loadRuns, moreRuns, runs } from "../../state/store.ts";
import { route } from "../../state/route.ts";
import { RunCard } from "./run_card.tsx";
import { Reading } from "../../ui/reading.tsx";

export function HistoryView() {
  useEffect(() => void loadRuns(), []);
  const list = runs.value;
  if (list === null) return <Reading what="the history" />;
  if (list.length === 0) return <div class="empty"><h2>No history yet</h2><p>Runs that change something will stand here.</p></div>;
  const wanted = Number(route.value.id);
  return (
    <>
      <h2 class="sr-only">History</h2>
      {route.value.id !== null && !list.some((run) => run.run_id === wanted) && <RunCard key={wanted} id={wanted} run={null} />}
      {list.map((run) => <RunCard key={run.run_id} id={run.run_id!} run={run} />)}
      {moreRuns.value && <button type="button" onClick={() => void loadOlderRuns()}>Older runs</button>}
    </>
  );
}
