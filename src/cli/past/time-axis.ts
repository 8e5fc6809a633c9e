import { clockTime, dayOf, exactClockTime } from '../../words/time-text.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How far ticks are from each other, in the steps that a person counts in. */
interface Distance {
  readonly unit: 'clock' | 'day' | 'month' | 'year';
  /** Milliseconds of the clock, else days, months or years. */
  readonly count: number;
  /** About how long that is. */
  readonly ms: number;
}

const distances: readonly Distance[] = [
  ...inSteps('clock', 1, [1, 2, 5, 10, 20, 50, 100, 200, 500]),
  ...inSteps(
    'clock',
    1,
    [1, 2, 5, 10, 15, 30].map((seconds) => seconds * second),
  ),
  ...inSteps(
    'clock',
    1,
    [1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute),
  ),
  ...inSteps(
    'clock',
    1,
    [1, 2, 3, 6, 12].map((hours) => hours * hour),
  ),
  ...inSteps('day', day, [1, 2, 7, 14]),
  ...inSteps('month', 30 * day, [1, 3, 6]),
  ...inSteps('year', 365 * day, [1, 2, 5, 10, 20, 50]),
];
/** Between two labels. */
const labelGap = 3;

interface Tick {
  /** The column that it stands in, from 0. */
  readonly cell: number;
  /** Empty where there is no room for it. */
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

/** Ticks at round times of the clock on the wall and of the calendar, as near to each other as their labels allow. */
export function ticksOf(axis: Axis): readonly Tick[] {
  const distance = distances.find((one) => fits(one, axis)) ?? distances.at(-1);
  const ticks: Tick[] = [];
  if (distance === undefined) return ticks;
  let free = 0;
  for (const atMs of moments(distance, axis)) {
    const cell = cellOf(atMs, axis);
    // Where the clocks are changed, two of them can come nearer.
    if (cell < free) continue;
    const label = labelOf(atMs, distance);
    ticks.push({ cell, label: cell + label.length <= axis.cells ? label : '' });
    free = cell + label.length + 1;
  }
  return ticks;
}

function inSteps(unit: Distance['unit'], unitMs: number, counts: readonly number[]): readonly Distance[] {
  return counts.map((count) => ({ unit, count, ms: count * unitMs }));
}

function fits(distance: Distance, { fromMs, toMs, cells }: Axis): boolean {
  return (cells * distance.ms) / (toMs - fromMs) >= labelOf(fromMs, distance).length + labelGap;
}

function* moments({ unit, count }: Distance, { fromMs, toMs }: Axis): Generator<number, void, void> {
  const at = new Date(fromMs);
  at.setHours(0, 0, 0, 0);
  if (unit === 'month') at.setMonth(at.getMonth() - (at.getMonth() % count), 1);
  if (unit === 'year') at.setFullYear(at.getFullYear() - (at.getFullYear() % count), 0, 1);
  // By the calendar, day by day: those that the clocks are changed on have not 24 hours.
  while (at.getTime() <= toMs) {
    const from = at.getTime();
    if (unit === 'month') at.setMonth(at.getMonth() + count);
    else if (unit === 'year') at.setFullYear(at.getFullYear() + count);
    // Of several days the first that is in sight counts.
    else at.setDate(at.getDate() + (unit === 'clock' || from < fromMs ? 1 : count));
    const last = Math.min(toMs, at.getTime() - 1);
    const step = unit === 'clock' ? count : Number.POSITIVE_INFINITY;
    const first = unit === 'clock' ? from + Math.max(0, Math.ceil((fromMs - from) / step)) * step : from;
    if (first >= fromMs) for (let tick = first; tick <= last; tick += step) yield tick;
  }
}

function labelOf(atMs: number, { unit, count }: Distance): string {
  if (unit === 'year') return dayOf(atMs).slice(0, 4);
  if (unit === 'month') return dayOf(atMs).slice(0, 7);
  if (unit === 'day') return dayOf(atMs).slice(5);
  if (count < second) return exactClockTime(atMs);
  if (count < minute) return clockTime(atMs);
  const clock = clockTime(atMs).slice(0, 5);
  return clock === '00:00' ? dayOf(atMs).slice(5) : clock;
}
