// How long to wait before trying again.

const first = 500;
const longest = 30_000;

/** Milliseconds before the next try after `failures` in a row (from 1). `random` in [0, 1) spreads many pages apart. */
export function pauseBefore(failures: number, random: number): number {
  const whole = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
  return Math.round(whole * (0.5 + random / 2));
}
