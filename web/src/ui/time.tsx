// A moment, relative to now; the whole of it in both time zones on hover.
import { instantOf, inZone, relative } from "../model/time_text.ts";
import { viewerZone } from "../model/zone.ts";
import { now, scheduleZone } from "../state/store.ts";

export interface TimeProps {
  at: string | number | null;
  absolute?: boolean;  // the moment itself rather than its distance
}

export function Time({ at, absolute = false }: TimeProps) {
  const instant = typeof at === "number" ? at : instantOf(at);
  if (instant === null) return <>–</>;
  const zones = [...new Set([viewerZone(), scheduleZone.value ?? viewerZone(), "UTC"])];
  const whole = zones.map((zone) => `${inZone(instant, zone, "seconds")} ${zone}`).join("\n");
  return (
    <time dateTime={new Date(instant).toISOString()} title={whole}>
      {absolute ? inZone(instant, viewerZone()) : relative(instant, now.value)}
    </time>
  );
}
