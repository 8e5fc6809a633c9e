import { type Row, type RowOptions, rowsOfLine } from './log-rows.ts';
import { type HeldLine, type LogWindow, placeOf } from './log-window.ts';

/** Where the pane's first row is: so many rows into the line at a place. */
export interface Anchor {
  readonly place: number;
  readonly row: number;
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

/** Where the first line at a place or after it stands among the lines. */
function firstAt(lines: readonly HeldLine[], place: number): number {
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
  let at = firstAt(lines, placeOf(top.line));
  // At the end the first row seen can be any of its line's.
  const count = rowsOfLine(top.line, options).length;
  const ofTop = seen.filter(({ line }) => line === top.line).length;
  let row = given.anchor?.place === placeOf(top.line) ? given.anchor.row : count - ofTop;
  let left = by;
  while (left < 0) {
    if (row > 0) row -= 1;
    else {
      const line = lines[at - 1];
      if (line === undefined) break;
      at -= 1;
      row = rowsOfLine(line, options).length - 1;
    }
    left += 1;
  }
  while (left > 0) {
    const line = lines[at];
    if (line === undefined) break;
    if (row + 1 < rowsOfLine(line, options).length) row += 1;
    else {
      at += 1;
      row = 0;
    }
    left -= 1;
  }
  const line = lines[at];
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
