// Time zones through Intl: offsets, the moments at which they change, local days. Instants are milliseconds since 1970;
// a local time is the milliseconds that a clock in that zone shows, as if it were UTC.

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23", era: "short",
      year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

export function isKnownZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

export function viewerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Local time minus instant. */
export function offsetAt(instant: number, zone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(whole)) parts[type] = Number(value);
  return Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second) - whole;
}

export interface Transition {
  at: number;      // the first moment with the new offset
  before: number;  // offsets
  after: number;
}

/** The changes of a zone's clock in [from, to), in order. Two within six hours that cancel out are not seen. */
export function transitions(zone: string, from: number, to: number): Transition[] {
  const found: Transition[] = [];
  const step = 6 * hour;
  let begin = from;
  let before = offsetAt(begin, zone);
  while (begin < to) {
    const end = Math.min(begin + step, to);
    const after = offsetAt(end, zone);
    if (after !== before) {
      let [low, high] = [begin, end];
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2000) * 1000;
        if (offsetAt(middle, zone) === before) low = middle;
        else high = middle;
      }
      if (high < to) found.push({ at: high, before, after });
    }
    begin = end;
    before = after;
  }
  return found;
}
