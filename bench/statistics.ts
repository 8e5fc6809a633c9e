import type { Bar, Row, Unit } from './figure.ts';

/** What the values of one side come to. `spread`: from the 25th to the 75th percentile, relative to the median. */
interface Summary {
  readonly median: number;
  /** The least time or size, the highest rate: what the machine's noise has disturbed least. */
  readonly best: number;
  readonly p99: number;
  readonly spread: number;
  readonly count: number;
}

/** A row with all that is concluded from it. */
export interface Judged extends Row {
  readonly summary: Summary;
  readonly yardstickSummary: Summary | null;
  /** The median of the ratios of each round, and the ratio of the best; null without a yardstick. */
  readonly ratio: { readonly median: number; readonly best: number } | null;
  /** Whether the bar is met; null where there is none, or no yardstick to measure it against. */
  readonly holds: boolean | null;
}

export function judge(row: Row): Judged {
  const summary = summarize(row.ghost, row.unit);
  const yardstickSummary = row.yardstick === null ? null : summarize(row.yardstick.values, row.unit);
  const ratio = row.yardstick === null ? null : ratioOf(row.ghost, row.yardstick.values, row.unit);
  return { ...row, summary, yardstickSummary, ratio, holds: holds(row.bar, { summary, ratio: ratio?.median ?? null }) };
}

function summarize(values: readonly number[], unit: Unit): Summary {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const median = percentile(sorted, 0.5);
  return {
    median,
    best: percentile(sorted, isRate(unit) ? 1 : 0),
    p99: percentile(sorted, 0.99),
    spread: median === 0 ? 0 : (percentile(sorted, 0.75) - percentile(sorted, 0.25)) / median,
    count: values.length,
  };
}

/** Of sorted values, the one that so large a part is at most as large as (nearest rank). */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

function ratioOf(values: readonly number[], yardstick: readonly number[], unit: Unit) {
  const pairs = values.slice(0, yardstick.length).map((value, round) => value / (yardstick[round] ?? Number.NaN));
  return {
    median: summarize(pairs, unit).median,
    best: summarize(values, unit).best / summarize(yardstick, unit).best,
  };
}

function isRate(unit: Unit): boolean {
  return unit.endsWith('/s');
}

function holds(
  bar: Bar | null,
  { summary, ratio }: { readonly summary: Summary; readonly ratio: number | null },
): boolean | null {
  if (bar === null) return null;
  const value = bar.of === 'ratio' ? ratio : summary[bar.of];
  if (value === null) return null;
  return bar.limit === 'at most' ? value <= bar.value : value >= bar.value;
}
