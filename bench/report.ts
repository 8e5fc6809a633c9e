import type { Bar } from './figure.ts';
import type { Judged } from './statistics.ts';

/** What was not measured, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

const headings = [
  '',
  'median',
  'best',
  'spread',
  'yardstick',
  'median',
  'best',
  'ratio',
  'of best',
  'bar',
  '',
] as const;

/** The table, in Markdown, so that it can be put into a document as it is. */
export function tableOf(rows: readonly Judged[]): string {
  const cells = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => pad(cell, { width: widths[column] ?? 0, column })).join(' | ')} |`;
  const [first, ...rest] = cells.map(line);
  const rule = `|${widths.map((width, column) => `${'-'.repeat(width + 1)}${isText(column) ? '-' : ':'}`).join('|')}|`;
  return [first, rule, ...rest].join('\n');
}

export function leftOutText(leftOut: readonly LeftOut[]): string {
  return leftOut.map(({ what, why }) => `left out: ${what} (${why})`).join('\n');
}

function cellsOf({ what, unit, summary, yardstick, yardstickSummary, ratio, bar, holds }: Judged): readonly string[] {
  const withUnit = (value: number): string => `${numberText(value)} ${unit}`;
  return [
    what,
    withUnit(summary.median),
    summary.count === 1 ? '' : numberText(summary.best),
    summary.count === 1 ? '' : `${Math.round(summary.spread * 100)} %`,
    yardstick?.name ?? '',
    yardstickSummary === null ? '' : withUnit(yardstickSummary.median),
    yardstickSummary === null ? '' : numberText(yardstickSummary.best),
    ratio === null ? '' : ratio.median.toFixed(2),
    ratio === null ? '' : ratio.best.toFixed(2),
    bar === null ? '' : barText(bar, unit),
    holds === null ? '' : holds ? 'holds' : 'MISSED',
  ];
}

function barText({ of, limit, value }: Bar, unit: string): string {
  const sign = limit === 'at most' ? '<=' : '>=';
  return of === 'ratio' ? `${sign} ${value} x` : `${of === 'median' ? '' : `${of} `}${sign} ${value} ${unit}`;
}

/** Three figures are more than the machine's noise lets anybody read. */
function numberText(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function isText(column: number): boolean {
  return [0, 4, 9, 10].includes(column);
}

function pad(cell: string, { width, column }: { readonly width: number; readonly column: number }): string {
  return isText(column) ? cell.padEnd(width) : cell.padStart(width);
}
