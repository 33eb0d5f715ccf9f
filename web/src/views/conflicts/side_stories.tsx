// Who or what changed which side, and when.
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api/client.ts";
import type { Conflict, Run } from "../../api/types.ts";
import { lastAgreement, storyOf } from "../../model/side_story.ts";
import { addressOf } from "../../state/route.ts";
import { noteProblem, status } from "../../state/store.ts";
import { Time } from "../../ui/time.tsx";

const names = { yaml: "YAML", database: "Database" };

export function SideStories({ conflict }: { conflict: Conflict }) {
  const [runs, setRuns] = useState<Run[]>([]);
  useEffect(() => {
    get<Run[]>(`/api/sync/history?limit=10&task_id=${conflict.task_id}`).then(setRuns, noteProblem);
  }, [conflict.task_id, conflict.version]);
  const agreement = lastAgreement(conflict, runs);
  return (
    <dl class="stories">
      {storyOf(conflict, status.value).map((story) => (
        <div key={story.side}>
          <dt class={`side-name ${story.side}`}>{names[story.side]}</dt>
          <dd>
            {story.what}
            {story.times.map((time) => <span key={time.what} class="muted">, {time.what} <Time at={time.timestamp} /></span>)}
          </dd>
        </div>
      ))}
      {agreement && (
        <div>
          <dt class="side-name">Base</dt>
          <dd class="muted">
            last agreed in <a href={addressOf("history", agreement.runId)}>run {agreement.runId}</a> ({agreement.trigger}) <Time at={agreement.timestamp} />
          </dd>
        </div>
      )}
    </dl>
  );
}
