// What an expression that is being typed says: in words, and the times of its next runs.
import { useMemo } from "preact/hooks";
import { nextRuns, parseCron } from "../../model/cron.ts";
import { inZone } from "../../model/time_text.ts";
import { isKnownZone, minute, viewerZone } from "../../model/zone.ts";
import { now, scheduleZone } from "../../state/store.ts";
import { cronWords } from "../../ui/cron.tsx";

export function CronPreview({ expression }: { expression: string }) {
  const zone = scheduleZone.value;
  const thisMinute = Math.floor(now.value / minute);
  const times = useMemo(() => {
    const cron = parseCron(expression);
    return cron && zone !== null && isKnownZone(zone) ? nextRuns(cron, zone, thisMinute * minute, 3) : [];
  }, [expression, zone, thisMinute]);
  if (!parseCron(expression)) return null;
  return (
    <p class="cron-preview" aria-live="polite">
      {cronWords(expression)}
      {times.length > 0 && <span class="muted"> Next: {times.map((at) => inZone(at, viewerZone())).join(" · ")} ({viewerZone()})</span>}
    </p>
  );
}
