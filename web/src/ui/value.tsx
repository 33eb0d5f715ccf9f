// A field's value as it stands in tables.
import { showValue } from "../model/fields.ts";
import { inZone, instantOf } from "../model/time_text.ts";
import { viewerZone } from "../model/zone.ts";
import { CronText } from "./cron.tsx";

export function Value({ field, value }: { field: string; value: unknown }) {
  if (value === undefined || value === null) return <span class="muted">–</span>;
  if (field === "schedule_cron") return <CronText expression={String(value)} />;
  if (field.endsWith("_at")) {
    const instant = instantOf(String(value));
    return <code title={instant === null ? undefined : `${inZone(instant, viewerZone(), "seconds")} ${viewerZone()}`}>{String(value)}</code>;
  }
  return <code>{showValue(value)}</code>;
}
