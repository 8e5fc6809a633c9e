import { byteText } from '../words/byte-text.ts';
import { pruneWords } from '../words/event-sentence.ts';
import { inTime, TookTooLong } from '../words/in-time.ts';
import { openEnds } from '../words/pattern-cost.ts';
import { exactClockTime } from '../words/time-text.ts';
import { takeColumns, widthOf, wrapColumns } from './cells.ts';
import { dressed, type Look, plainLook } from './colours.ts';
import { lineRuns, plainText, type StyledRun } from './line-text.ts';
import { type HeldLine, type LogWindow, placeOf } from './log-window.ts';

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

/** Where the pane's first row is: so many rows into the line at a place. */
export interface Anchor {
  readonly place: number;
  readonly row: number;
}

/** The most of what is looked for that is marked in one line. */
export const marksMax = 200;
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

/** A row that is seen, and whose line it is. */
interface SeenRow extends Row {
  readonly line: HeldLine;
}

/** The rows that fill the pane from an anchor on, or with null up to the end. Only these lines are looked at. */
export function seenRows(
  { lines }: LogWindow,
  {
    anchor,
    height,
    options,
  }: { readonly anchor: Anchor | null; readonly height: number; readonly options: RowOptions },
): readonly SeenRow[] {
  const seen: SeenRow[] = [];
  if (anchor === null) {
    for (let at = lines.length - 1; at >= 0 && seen.length < height; at -= 1) {
      const line = lines[at];
      if (line !== undefined) seen.unshift(...rowsOfLine(line, options).map((row) => ({ ...row, line })));
    }
    return seen.slice(-height);
  }
  const first = firstAt(lines, anchor.place);
  for (let at = first; at < lines.length && seen.length < height; at += 1) {
    const line = lines[at];
    if (line === undefined) break;
    const rows = rowsOfLine(line, options).map((row) => ({ ...row, line }));
    seen.push(...(at === first && placeOf(line) === anchor.place ? rows.slice(anchor.row) : rows));
  }
  return seen.slice(0, height);
}

/** The index of the first line at a place or after it. */
export function firstAt(lines: readonly HeldLine[], place: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const line = lines[middle];
    if (line !== undefined && placeOf(line) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The anchor so many rows further down (up: negative). `short` says that the window ends before: up, where there may be
 * earlier lines; down, where there may be later ones.
 */
export function scrolled(
  window: LogWindow,
  given: {
    readonly anchor: Anchor | null;
    readonly by: number;
    readonly height: number;
    readonly options: RowOptions;
  },
): { readonly anchor: Anchor | null; readonly short: boolean } {
  const { lines } = window;
  const { by, height, options } = given;
  const seen = seenRows(window, given);
  const [top] = seen;
  if (top === undefined) return { anchor: null, short: true };
  let index = firstAt(lines, placeOf(top.line));
  // At the end the first row seen can be any of its line's.
  const count = rowsOfLine(top.line, options).length;
  const ofTop = seen.filter(({ line }) => line === top.line).length;
  let row = given.anchor?.place === placeOf(top.line) ? given.anchor.row : count - ofTop;
  let left = by;
  while (left < 0) {
    if (row > 0) row -= 1;
    else {
      const line = lines[index - 1];
      if (line === undefined) break;
      index -= 1;
      row = rowsOfLine(line, options).length - 1;
    }
    left += 1;
  }
  while (left > 0) {
    const line = lines[index];
    if (line === undefined) break;
    if (row + 1 < rowsOfLine(line, options).length) row += 1;
    else {
      index += 1;
      row = 0;
    }
    left -= 1;
  }
  const line = lines[index];
  const anchor = line === undefined ? null : { place: placeOf(line), row };
  if (by < 0) return { anchor, short: left < 0 };
  const full = anchor !== null && seenRows(window, { anchor, height, options }).length === height;
  return full ? { anchor, short: false } : { anchor: lastPage(window, { height, options }), short: true };
}

/** The anchor of the last page of what is held. */
function lastPage(window: LogWindow, given: { readonly height: number; readonly options: RowOptions }): Anchor | null {
  const seen = seenRows(window, { ...given, anchor: null });
  const [top] = seen;
  if (top === undefined) return null;
  const ofTop = seen.filter(({ line }) => line === top.line).length;
  return { place: placeOf(top.line), row: rowsOfLine(top.line, given.options).length - ofTop };
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

/** The runs with what is looked for set off by being inverted, whatever its own look is. */
function marked(runs: readonly StyledRun[], pattern: RegExp): readonly StyledRun[] {
  const ranges = rangesToMark(plainText(runs), pattern);
  if (ranges.length === 0) return runs;
  const parts: StyledRun[] = [];
  let start = 0;
  for (const { text, look } of runs) {
    const edges = ranges.flat().filter((edge) => edge > start && edge < start + text.length);
    for (const [place, from] of [start, ...edges].entries()) {
      const to = [...edges, start + text.length][place] ?? from;
      const isFound = ranges.some(([first, end]) => from >= first && from < end);
      const inverted: Look = { ...look, inverse: !look.inverse };
      parts.push({ text: text.slice(from - start, to - start), look: isFound ? inverted : look });
    }
    start += text.length;
  }
  return parts;
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

/** In so many characters one repeat cannot take long. */
const quickTextMax = 4_096;
/** How long marking one line may take, in milliseconds, and the patterns that took longer: they mark nothing any more. */
const markMsMax = 100;
const tooSlow = new WeakSet<RegExp>();

function rangesToMark(text: string, pattern: RegExp): readonly (readonly [from: number, to: number])[] {
  const find = (): readonly (readonly [number, number])[] => {
    const ranges: (readonly [number, number])[] = [];
    for (const { index, 0: found } of text.matchAll(new RegExp(pattern, `${pattern.flags}g`))) {
      // Without `u` a pattern can match half a character (`.`), which is marked whole, and once.
      const from = Math.max(ranges.at(-1)?.[1] ?? 0, index - (isWithinCharacter(text, index) ? 1 : 0));
      const end = index + found.length;
      const to = end + (isWithinCharacter(text, end) ? 1 : 0);
      if (found !== '' && from < to) ranges.push([from, to]);
      if (ranges.length >= marksMax) break;
    }
    return ranges;
  };
  const ends = openEnds(pattern.source);
  if (ends === 0 || (ends === 1 && text.length <= quickTextMax)) return find();
  if (tooSlow.has(pattern)) return [];
  try {
    return inTime(find, { limitMs: markMsMax });
  } catch (error) {
    if (!(error instanceof TookTooLong)) throw error;
    tooSlow.add(pattern);
    return [];
  }
}

/** Whether a place lies between the two halves of a character beyond U+FFFF. */
function isWithinCharacter(text: string, place: number): boolean {
  return (text.codePointAt(place - 1) ?? 0) > 0xffff;
}
