// Moments in words: in a zone, and relative to now.
import { day, hour, minute } from "./zone.ts";

const formatters = new Map<string, Intl.DateTimeFormat>();

type Style = "dateTime" | "seconds" | "date" | "time" | "weekday";
const styles: Record<Style, Intl.DateTimeFormatOptions> = {
  dateTime: { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", weekday: "short" },
  seconds: { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  date: { year: "numeric", month: "2-digit", day: "2-digit", weekday: "short" },
  time: { hour: "2-digit", minute: "2-digit" },
  weekday: { weekday: "short" },
};

function partsOf(instant: number, zone: string, style: Style): Record<string, string> {
  const key = `${zone} ${style}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-GB", { ...styles[style], timeZone: zone, hourCycle: "h23", calendar: "gregory" });
    formatters.set(key, formatter);
  }
  return Object.fromEntries(formatter.formatToParts(instant).map(({ type, value }) => [type, value]));
}

/** `Mon 2026-11-23 07:30` (dateTime), `2026-11-23 07:30:05` (seconds), `Mon 2026-11-23` (date), `07:30`, `Mon`. */
export function inZone(instant: number, zone: string, style: Style = "dateTime"): string {
  const { weekday, year, month, day: dayOfMonth, hour: hours, minute: minutes, second } = partsOf(instant, zone, style);
  const words = [];
  if (weekday) words.push(weekday);
  if (year) words.push(`${year}-${month}-${dayOfMonth}`);
  if (hours) words.push(`${hours}:${minutes}${second ? `:${second}` : ""}`);
  return words.join(" ");
}

/** `+01:00`, `UTC` for none. */
export function offsetText(offset: number): string {
  if (offset === 0) return "UTC";
  const minutes = Math.round(Math.abs(offset) / minute);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `just now`, `3 min ago`, `in 2 h`, `in 5 days`. */
export function relative(instant: number, now: number): string {
  const distance = Math.abs(instant - now);
  const amount = amountText(distance);
  if (amount === null) return "just now";
  return instant > now ? `in ${amount}` : `${amount} ago`;
}

function amountText(distance: number): string | null {
  if (distance < 10_000) return null;
  if (distance < minute) return `${Math.round(distance / 1000)} s`;
  if (distance < hour) return `${Math.round(distance / minute)} min`;
  if (distance < 36 * hour) return `${Math.round(distance / hour)} h`;
  const days = Math.round(distance / day);
  return `${days} day${days === 1 ? "" : "s"}`;
}

/** `12 ms`, `3.4 s`, `2 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(1, Math.round(milliseconds))} ms`;
  if (milliseconds < minute) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / minute)} min`;
}

/** The instant of an RFC 3339 timestamp in milliseconds; null for null and for what is none. */
export function instantOf(timestamp: string | null | undefined): number | null {
  const value = timestamp ? Date.parse(timestamp) : NaN;
  return Number.isNaN(value) ? null : value;
}
