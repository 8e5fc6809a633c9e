import { byteText } from '../words/byte-text.ts';
import { pruneWords } from '../words/event-sentence.ts';
import { exactClockTime } from '../words/time-text.ts';
import { takeColumns, widthOf, wrapColumns } from './cells.ts';
import { dressed, plainLook } from './colours.ts';
import { lineRuns, plainText, type StyledRun } from './line-text.ts';
import { marked } from './log-marks.ts';
import type { HeldLine } from './log-window.ts';

/** How the lines of a log are laid out. */
export interface RowOptions {
  readonly columns: number;
  readonly wrap: boolean;
  /** Whether each line says when it was seen and which stream it is of. */
  readonly times: boolean;
  /** Marks what is looked for, or null. */
  readonly pattern: RegExp | null;
  readonly colour: boolean;
}

/** One row of the pane: its text with its looks, and the columns that it takes. */
export interface Row {
  readonly text: string;
  readonly columns: number;
}

/** Only that much of a line is laid out where it is cut. */
const cutSlack = 1_024;

interface LaidOut {
  readonly options: RowOptions;
  readonly rows: readonly Row[];
}

/** Laid out once for as long as a line is held and looked at in the same way. */
const laidOut = new WeakMap<HeldLine, LaidOut>();

/** The rows of one line. */
export function rowsOfLine(line: HeldLine, options: RowOptions): readonly Row[] {
  const known = laidOut.get(line);
  if (known !== undefined && isSame(known.options, options)) return known.rows;
  const rows = layOut(line, options);
  laidOut.set(line, { options, rows });
  return rows;
}

function layOut(line: HeldLine, options: RowOptions): readonly Row[] {
  const { columns, wrap, times, pattern, colour } = options;
  const head = times ? prefixOf(line) : '';
  const width = Math.max(1, columns - widthOf(head));
  if (line.gone !== null) {
    const what = `── ${byteText(line.gone.bytes)} of ${line.stream} taken away: ${pruneWords[line.gone.reason]} ──`;
    return [rowOf([{ text: takeColumns(`${head}${what}`, columns), look: { ...plainLook, dim: true } }])];
  }
  const tail = line.leftOut > 0 ? ` … ${byteText(line.leftOut)} more` : '';
  const bytes = wrap ? line.bytes : line.bytes.subarray(0, width * 4 + cutSlack);
  const decoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  const given = lineRuns(decoded);
  const looks = colour ? given : given.map(({ text }) => ({ text, look: plainLook }));
  const runs = pattern === null ? looks : marked(looks, pattern);
  const prefix: StyledRun = { text: head, look: { ...plainLook, dim: true } };
  const whole = tail === '' ? runs : [...runs, { text: tail, look: { ...plainLook, dim: true } }];
  if (!wrap) {
    const isShort = widthOf(plainText(whole)) <= width && bytes.length === line.bytes.length;
    const shown = isShort ? whole : [...takeRuns(whole, width - 1), { text: '›', look: { ...plainLook, dim: true } }];
    return [rowOf([prefix, ...shown])];
  }
  return wrapRuns(whole, width).map((row, place) =>
    rowOf([place === 0 ? prefix : { ...prefix, text: ' '.repeat(widthOf(head)) }, ...row]),
  );
}

function prefixOf({ at, stream }: HeldLine): string {
  const time = at === null ? '--:--:--.---' : exactClockTime(Date.parse(at));
  return `${time} ${stream === 'stdout' ? 'out' : 'err'} `;
}

function rowOf(runs: readonly StyledRun[]): Row {
  return {
    text: runs.map(({ text, look }) => dressed(text, look)).join(''),
    columns: runs.reduce((sum, { text }) => sum + widthOf(text), 0),
  };
}

function takeRuns(runs: readonly StyledRun[], columns: number): readonly StyledRun[] {
  const taken: StyledRun[] = [];
  let left = columns;
  for (const { text, look } of runs) {
    const part = takeColumns(text, left);
    taken.push({ text: part, look });
    left -= widthOf(part);
    if (part.length < text.length) break;
  }
  return taken;
}

/** Rows of so many columns. Cut as one text, so that a character whose parts have different looks stays whole. */
function wrapRuns(runs: readonly StyledRun[], columns: number): readonly (readonly StyledRun[])[] {
  let run = 0;
  let used = 0;
  return wrapColumns(plainText(runs), columns).map((row) => {
    const parts: StyledRun[] = [];
    for (let left = row.length; left > 0;) {
      const current = runs[run];
      if (current === undefined) break;
      const text = current.text.slice(used, used + left);
      if (text !== '') parts.push({ text, look: current.look });
      left -= text.length;
      used += text.length;
      if (used < current.text.length) continue;
      run += 1;
      used = 0;
    }
    return parts;
  });
}

function isSame(one: RowOptions, other: RowOptions): boolean {
  return (
    one.columns === other.columns &&
    one.wrap === other.wrap &&
    one.times === other.times &&
    one.pattern === other.pattern &&
    one.colour === other.colour
  );
}
