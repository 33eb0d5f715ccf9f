// How many tasks run when: the coming hours minute by minute, and what a heat map shows of them.
import type { Task } from "../api/types.ts";
import { Clock, parseCron, type Cron } from "./cron.ts";
import { day, hour, minute, offsetAt } from "./zone.ts";

/** Tasks with one and the same expression. */
interface Group {
  cron: Cron;
  tasks: Task[];
}

export interface Timeline {
  zone: string;        // the schedule's
  from: number;        // instants; whole minutes
  to: number;
  runs: Uint32Array;   // by minute since `from`
  total: number;
  groups: Group[];
}

/** Tasks that are disabled, and those whose expression says nothing to us, do not run. */
export function timelineOf(tasks: readonly Task[], zone: string, from: number, span: number): Timeline {
  const begin = Math.floor(from / minute) * minute;
  const clock = new Clock(zone, begin, begin + span);
  const groups = new Map<string, Group | null>();
  for (const task of tasks) {
    if (task.status === "disabled") continue;
    let group = groups.get(task.schedule_cron);
    if (group === undefined) {
      const cron = parseCron(task.schedule_cron);
      group = cron && { cron, tasks: [] };
      groups.set(task.schedule_cron, group);
    }
    group?.tasks.push(task);
  }
  const timeline: Timeline = {
    zone,
    from: clock.from,
    to: clock.to,
    runs: new Uint32Array(Math.ceil((clock.to - clock.from) / minute)),
    total: 0,
    groups: [...groups.values()].filter((group) => group !== null),
  };
  for (const { cron, tasks: { length } } of timeline.groups) {
    clock.eachRun(cron, (instant) => {
      timeline.runs[(instant - timeline.from) / minute]! += length;
      timeline.total += length;
    });
  }
  return timeline;
}

export interface Running {
  task: Task;
  times: number[];
}

/** Who runs in [from, to), the earliest first. */
export function runningIn(timeline: Timeline, from: number, to: number): Running[] {
  const clock = new Clock(timeline.zone, from, to);
  const running: Running[] = [];
  for (const { cron, tasks } of timeline.groups) {
    const times = clock.runs(cron);
    if (times.length > 0) running.push(...tasks.map((task) => ({ task, times })));
  }
  return running.sort((a, b) => a.times[0]! - b.times[0]! || a.times.length - b.times.length || (a.task.id < b.task.id ? -1 : 1));
}

/** A stretch of the heat map: an hour or a minute as a clock on the wall shows it. */
export interface Cell {
  from: number;
  to: number;
  runs: number;
  peak: number;  // runs in its fullest minute
}

/** One local day. `hours[h]` holds two cells if hour h comes twice, none if the clocks skip it or it is not in view. */
export interface DayRow {
  localMidnight: number;
  hours: Cell[][];
  skipped: number[];  // hours that this day does not have
}

export function dayRows(timeline: Timeline, zone: string): DayRow[] {
  const rows: DayRow[] = [];
  let cell: Cell | null = null;
  let last = { midnight: NaN, hour: -1, offset: 0 };
  let shown = -Infinity;
  eachMinute(timeline, zone, (instant, local, runs) => {
    const midnight = Math.floor(local / day) * day;
    const hourOfDay = Math.floor((local - midnight) / hour);
    let row = rows.at(-1);
    if (row?.localMidnight !== midnight && !rows.some((other) => other.localMidnight === midnight)) {
      row = { localMidnight: midnight, hours: Array.from({ length: 24 }, () => []), skipped: [] };
      rows.push(row);
    }
    row = rows.find((other) => other.localMidnight === midnight)!;
    if (shown !== -Infinity) markSkipped(rows, shown, local);
    shown = Math.max(shown, local + minute);
    const offset = local - instant;
    if (!cell || last.midnight !== midnight || last.hour !== hourOfDay || offset < last.offset) {
      cell = { from: instant, to: instant, runs: 0, peak: 0 };
      row.hours[hourOfDay]!.push(cell);
    }
    last = { midnight, hour: hourOfDay, offset };
    cell.to = instant + minute;
    cell.runs += runs;
    cell.peak = Math.max(cell.peak, runs);
  });
  return rows;
}

// Whole hours between what the clock showed last and what it shows now do not exist.
function markSkipped(rows: DayRow[], from: number, to: number): void {
  for (let local = Math.ceil(from / hour) * hour; local + hour <= to; local += hour) {
    rows.find((row) => row.localMidnight === Math.floor(local / day) * day)?.skipped.push((local % day) / hour);
  }
}

/** One hour of the coming ones in sequence, with its minutes: 60, or fewer where it begins or ends in between. */
export interface HourRow {
  from: number;
  minutes: (Cell | null)[];  // by the minute that the clock shows
}

export function hourRows(timeline: Timeline, zone: string): HourRow[] {
  const rows: HourRow[] = [];
  let lastHour = NaN;
  let lastOffset = 0;
  eachMinute(timeline, zone, (instant, local, runs) => {
    const localHour = Math.floor(local / hour);
    const offset = local - instant;
    if (localHour !== lastHour || offset < lastOffset) rows.push({ from: instant, minutes: Array<Cell | null>(60).fill(null) });
    lastHour = localHour;
    lastOffset = offset;
    rows.at(-1)!.minutes[Math.floor((local - localHour * hour) / minute)] = { from: instant, to: instant + minute, runs, peak: runs };
  });
  return rows;
}

function eachMinute(timeline: Timeline, zone: string, visit: (instant: number, local: number, runs: number) => void): void {
  // Offsets change on whole quarters of an hour in all zones of today.
  let offset = 0;
  for (let i = 0; i < timeline.runs.length; ++i) {
    const instant = timeline.from + i * minute;
    if (i === 0 || instant % (15 * minute) === 0) offset = offsetAt(instant, zone);
    visit(instant, instant + offset, timeline.runs[i]!);
  }
}

/** The minutes that stand out, fullest first. */
export function crowdedMinutes(timeline: Timeline, most: number): Cell[] {
  const limit = crowdLimit(timeline);
  const found: Cell[] = [];
  timeline.runs.forEach((runs, i) => {
    if (runs < limit) return;
    const from = timeline.from + i * minute;
    found.push({ from, to: from + minute, runs, peak: runs });
  });
  return found.sort((a, b) => b.runs - a.runs || a.from - b.from).slice(0, most);
}

/** So many runs make a minute stand out: five, twice what a minute with runs has on average, a quarter of the fullest. */
export function crowdLimit(timeline: Timeline): number {
  const fullest = timeline.runs.reduce((most, runs) => Math.max(most, runs), 0);
  const busy = timeline.runs.reduce((count, runs) => count + (runs > 0 ? 1 : 0), 0);
  return Math.max(5, busy === 0 ? 0 : (2 * timeline.total) / busy, fullest / 4);
}

/** How dark a cell is: 0 for no runs, else 1 to `levels`. By the square root, so that few runs can be told from none. */
export function heatLevel(runs: number, most: number, levels: number): number {
  return Math.min(levels, Math.ceil(Math.sqrt(runs / Math.max(1, most)) * levels));
}
