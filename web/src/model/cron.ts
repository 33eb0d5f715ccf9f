// Cron expressions in the daemon's dialect (docs/CRON.md), to draw what thousands of tasks will do without asking the
// daemon for each. test/cron_daemon.test.ts holds it against the daemon. Whether an expression is valid is the daemon's to say.
import { minute as oneMinute, transitions, offsetAt, day as oneDay } from "./zone.ts";

export interface Cron {
  timesOfDay: number[];  // minutes since midnight, ascending
  fixedTimes: boolean;   // neither minute nor hour starts with `*`: clock changes lose and double nothing
  matchesDay(date: LocalDate): boolean;
}

export interface LocalDate {
  dayOfMonth: number;
  month: number;    // 1–12
  weekday: number;  // 0 = Sunday
  length: number;   // days of the month
}

const macros: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

type DayTest = (date: LocalDate) => boolean;

/** null for what the daemon would refuse, save what never fires: that is an expression without runs. */
export function parseCron(text: string): Cron | null {
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, "");
  const fields = (trimmed.startsWith("@") ? (macros[trimmed] ?? "") : trimmed).split(/[ \t]+/);
  if (fields.length !== 5) return null;
  const [minuteText, hourText, dayText, monthText, weekdayText] = fields as [string, string, string, string, string];
  const minutes = valuesOf(minuteText, 0, 59, 60);
  const hours = valuesOf(hourText, 0, 23, 24);
  const months = valuesOf(monthText, 1, 12, 12, monthNames);
  const daysOfMonth = daysOf(dayText, dayOfMonthTest);
  const daysOfWeek = daysOf(weekdayText, weekdayTest);
  if (!minutes || !hours || !months || !daysOfMonth || !daysOfWeek) return null;

  const either = !dayText.startsWith("*") && !weekdayText.startsWith("*");
  return {
    timesOfDay: [...hours].sort(ascending).flatMap((hour) => [...minutes].sort(ascending).map((minute) => hour * 60 + minute)),
    fixedTimes: !minuteText.startsWith("*") && !hourText.startsWith("*"),
    matchesDay: (date) =>
      months.has(date.month) &&
      (either ? daysOfMonth(date) || daysOfWeek(date) : daysOfMonth(date) && daysOfWeek(date)),
  };
}

const ascending = (a: number, b: number) => a - b;

function valuesOf(text: string, lowest: number, highest: number, largestStep: number, names: string[] = []): Set<number> | null {
  const result = new Set<number>();
  for (const item of text.split(",")) {
    const match = /^(?:(\*)|([a-z\d]+)(?:-([a-z\d]+))?)(?:\/(\d+))?$/i.exec(item);
    if (!match) return null;
    const [, star, firstText, lastText, stepText] = match;
    const first = star ? lowest : valueOf(firstText!, lowest, highest, names);
    const last = lastText !== undefined ? valueOf(lastText, lowest, highest, names) : star || stepText ? highest : first;
    const step = stepText === undefined ? 1 : Number(stepText);
    if (first === null || last === null || first > last || step < 1 || step > largestStep) return null;
    for (let value = first; value <= last; value += step) result.add(value);
  }
  return result;
}

function valueOf(text: string, lowest: number, highest: number, names: string[]): number | null {
  const named = names.indexOf(text.toLowerCase());
  const value = named >= 0 ? named + lowest : /^\d+$/.test(text) ? Number(text) : -1;
  return value >= lowest && value <= highest ? value : null;
}

// A day field: any of its items may match.
function daysOf(text: string, testOf: (item: string) => DayTest | null): DayTest | null {
  const tests = text.split(",").map(testOf);
  if (tests.includes(null)) return null;
  return (date) => tests.some((test) => test!(date));
}

function dayOfMonthTest(item: string): DayTest | null {
  const special = /^(?:(l)|(lw)|(\d+)w)$/i.exec(item);
  if (!special) {
    const values = valuesOf(item, 1, 31, 31);
    return values && ((date) => values.has(date.dayOfMonth));
  }
  if (special[1]) return (date) => date.dayOfMonth === date.length;
  if (special[2]) return (date) => date.dayOfMonth === nearestWeekday(date, date.length);
  const wanted = valueOf(special[3]!, 1, 31, []);
  return wanted === null ? null : (date) => wanted <= date.length && date.dayOfMonth === nearestWeekday(date, wanted);
}

// The weekday (Monday to Friday) nearest to `wanted` in the date's month.
function nearestWeekday(date: LocalDate, wanted: number): number {
  const weekday = (((date.weekday + wanted - date.dayOfMonth) % 7) + 7) % 7;
  if (weekday === 6) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (weekday === 0) return wanted < date.length ? wanted + 1 : wanted - 2;
  return wanted;
}

function weekdayTest(item: string): DayTest | null {
  const nth = /^([a-z\d]+)#([1-5])$/i.exec(item);
  const last = /^(?:([a-z]{3}|\d+)l|l([a-z]{3}|\d+))$/i.exec(item);
  if (!nth && !last) {
    const values = valuesOf(item, 0, 7, 7, weekdayNames);
    return values && ((date) => values.has(date.weekday) || (date.weekday === 0 && values.has(7)));
  }
  const value = valueOf((nth?.[1] ?? last?.[1] ?? last?.[2])!, 0, 7, weekdayNames);
  if (value === null) return null;
  const weekday = value % 7;
  if (nth) return (date) => date.weekday === weekday && Math.ceil(date.dayOfMonth / 7) === Number(nth[2]);
  return (date) => date.weekday === weekday && date.dayOfMonth + 7 > date.length;
}

/** A span of instants in which a zone's clock runs evenly. */
interface Piece {
  from: number;
  to: number;
  offset: number;
}

/** A zone's clock in a span of time, worked out once for all expressions that are evaluated in it. */
export class Clock {
  private readonly pieces: Piece[] = [];
  private readonly dates = new Map<number, LocalDate>();

  /** [from, to): instants in milliseconds; `from` is rounded down to the minute. */
  constructor(readonly zone: string, readonly from: number, readonly to: number) {
    this.from = Math.floor(from / oneMinute) * oneMinute;
    // A day more in front: whether a time occurs for the second time is known from the first.
    let begin = this.from - oneDay;
    for (const change of transitions(zone, begin, to)) {
      this.pieces.push({ from: begin, to: change.at, offset: change.before });
      begin = change.at;
    }
    this.pieces.push({ from: begin, to, offset: offsetAt(begin, zone) });
  }

  /** Calls `visit` with every run in the span, as an instant, in ascending order. */
  eachRun(cron: Cron, visit: (instant: number) => void): void {
    let shown = -Infinity;  // up to here the local clock has been
    for (const piece of this.pieces) {
      const begin = piece.from + piece.offset;
      const end = piece.to + piece.offset;
      let next = begin;
      if (cron.fixedTimes && shown !== -Infinity) {
        if (begin > shown && this.anyTime(cron, shown, begin)) {
          if (piece.from >= this.from && piece.from < this.to) visit(piece.from);
          next = begin + 1;  // what falls on this moment is the same run
        }
        next = Math.max(next, shown);
      }
      this.eachLocalTime(cron, Math.max(next, this.from + piece.offset), end, (local) => {
        visit(local - piece.offset);
        return true;
      });
      shown = Math.max(shown, end);
    }
  }

  runs(cron: Cron): number[] {
    const found: number[] = [];
    this.eachRun(cron, (instant) => found.push(instant));
    return found;
  }

  private anyTime(cron: Cron, from: number, to: number): boolean {
    let any = false;
    this.eachLocalTime(cron, from, to, () => {
      any = true;
      return false;
    });
    return any;
  }

  // Local times in [from, to), until `visit` says that it has seen enough.
  private eachLocalTime(cron: Cron, from: number, to: number, visit: (local: number) => boolean): void {
    for (let midnight = Math.floor(from / oneDay) * oneDay; midnight < to; midnight += oneDay) {
      if (!cron.matchesDay(this.dateOf(midnight))) continue;
      for (const time of cron.timesOfDay) {
        const local = midnight + time * oneMinute;
        if (local < from) continue;
        if (local >= to || !visit(local)) break;
      }
    }
  }

  private dateOf(midnight: number): LocalDate {
    let date = this.dates.get(midnight);
    if (!date) {
      const utc = new Date(midnight);
      date = {
        dayOfMonth: utc.getUTCDate(),
        month: utc.getUTCMonth() + 1,
        weekday: utc.getUTCDay(),
        length: new Date(Date.UTC(utc.getUTCFullYear(), utc.getUTCMonth() + 1, 0)).getUTCDate(),
      };
      this.dates.set(midnight, date);
    }
    return date;
  }
}

/** The first `count` runs later than `after`; fewer if the next two years have no more. */
export function nextRuns(cron: Cron, zone: string, after: number, count: number): number[] {
  const found: number[] = [];
  const begin = Math.floor(after / oneMinute) * oneMinute + oneMinute;
  for (let from = begin, span = 2 * oneDay; found.length < count && from < begin + 730 * oneDay; from += span) {
    if (from > begin) span = Math.min(span * 3, 60 * oneDay);
    found.push(...new Clock(zone, from, from + span).runs(cron));
  }
  return found.slice(0, count);
}
