import { clockTime, dayOf, exactClockTime } from '../../words/time-text.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The distances that ticks may have, in milliseconds: those that a person counts in. */
const distances: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((thousandths) => (thousandths * second) / 1000),
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * second),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hour),
  ...[1, 2, 7, 14, 30, 90, 365, 3650].map((days) => days * day),
];
/** Between two labels. */
const labelGap = 3;

export interface Tick {
  /** The column that it stands in, from 0. */
  readonly cell: number;
  readonly label: string;
}

/** A span of time laid over so many columns of a terminal. Times are milliseconds since 1970. */
export interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cells: number;
}

/** The column that a moment lies in; what lies outside is in the first or the last. */
export function cellOf(atMs: number, { fromMs, toMs, cells }: Axis): number {
  const part = (atMs - fromMs) / (toMs - fromMs);
  return Math.min(cells - 1, Math.max(0, Math.floor(part * cells)));
}

/** Ticks at round times of the clock on the wall, as near to each other as their labels allow. */
export function ticksOf(axis: Axis): readonly Tick[] {
  const distance = distances.find((ms) => fits(ms, axis)) ?? Number(distances.at(-1));
  const ticks: Tick[] = [];
  let free = 0;
  for (const atMs of moments(distance, axis)) {
    const cell = cellOf(atMs, axis);
    const label = labelOf(atMs, distance);
    // Where the clocks are changed, two of them can come nearer.
    if (cell < free || cell + label.length > axis.cells) continue;
    ticks.push({ cell, label });
    free = cell + label.length + 1;
  }
  return ticks;
}

function fits(distance: number, { fromMs, toMs, cells }: Axis): boolean {
  return (cells * distance) / (toMs - fromMs) >= labelOf(fromMs, distance).length + labelGap;
}

function* moments(distance: number, { fromMs, toMs }: Axis): Generator<number, void, void> {
  const first = new Date(fromMs);
  const midnight = new Date(first.getFullYear(), first.getMonth(), first.getDate());
  // Each day anew, by the calendar: days that the clocks are changed on have not 24 hours.
  const days = Math.max(1, Math.round(distance / day));
  while (midnight.getTime() <= toMs) {
    const from = midnight.getTime();
    midnight.setDate(midnight.getDate() + days);
    const to = Math.min(toMs, midnight.getTime() - 1);
    const step = distance >= day ? midnight.getTime() - from : distance;
    for (let at = from + Math.max(0, Math.ceil((fromMs - from) / step)) * step; at <= to; at += step) yield at;
  }
}

function labelOf(atMs: number, distance: number): string {
  if (distance < second) return exactClockTime(atMs);
  if (distance < minute) return clockTime(atMs);
  const clock = clockTime(atMs).slice(0, 5);
  if (distance < day && clock !== '00:00') return clock;
  return distance < 30 * day ? dayOf(atMs).slice(5) : dayOf(atMs);
}
