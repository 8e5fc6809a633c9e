import { cutTo, measureFor, type Measure } from '../words/display-width.ts';

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The fewest columns that its cells may be cut to; null: never cut. The last such column is cut first. */
  readonly least: number | null;
  /** Where cutting is not enough whole columns go, the lowest number first; null: never. */
  readonly leaves: number | null;
}

export interface TableCell {
  /** Without control characters. */
  readonly text: string;
  /** Puts colour around the cell, padding excluded. */
  readonly paint: (text: string) => string;
}

interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
  /** The terminal's columns, or null for all that it takes, as on a pipe. */
  readonly width: number | null;
  readonly paintTitle: (text: string) => string;
}

const gap = '  ';

/** A table as lines, titles first, each ended by a newline. Fits the width by display columns, not by characters. */
export async function renderTable({ columns, rows, width, paintTitle }: Table): Promise<string> {
  const titles = columns.map(({ title }) => ({ text: title, paint: paintTitle }));
  const lines = [titles, ...rows];
  const measure = await measureFor(lines.flatMap((line) => line.map(({ text }) => text)));
  const natural = columns.map((_, place) => Math.max(...lines.map((line) => measure(line[place]?.text ?? ''))));
  const widths = width === null ? natural : fit({ columns, natural, width });
  const shown = columns
    .map(({ align }, place) => ({ align, place, width: widths[place] ?? 0 }))
    .filter((column) => column.width > 0);
  return lines.map((line) => renderLine(line, { columns: shown, measure })).join('');
}

interface ShownColumn {
  readonly align: 'left' | 'right';
  /** Which of the cells of a line stands in it. */
  readonly place: number;
  readonly width: number;
}

/** Every cell of every line comes by here, before V8 has compiled any of it: so it does little for each. */
function renderLine(
  line: readonly TableCell[],
  { columns, measure }: { readonly columns: readonly ShownColumn[]; readonly measure: Measure },
): string {
  const last = columns.length - 1;
  const cells = columns.map(({ align, place, width }, index) => {
    const cell = line[place];
    if (cell === undefined) return ' '.repeat(width);
    const whole = measure(cell.text);
    const text = whole <= width ? cell.text : cutTo(cell.text, { columns: width, measure });
    const padding = ' '.repeat(width - (text === cell.text ? whole : measure(text)));
    const painted = cell.paint(text);
    if (align === 'right') return padding + painted;
    return index === last ? painted : painted + padding;
  });
  return `${cells.join(gap).trimEnd()}\n`;
}

interface Fitting {
  readonly columns: readonly TableColumn[];
  readonly natural: readonly number[];
  readonly width: number;
}

function fit({ columns, natural, width }: Fitting): readonly number[] {
  const leaving = columns
    .flatMap(({ leaves }, place) => (leaves === null ? [] : [{ leaves, place }]))
    .toSorted((one, other) => one.leaves - other.leaves);
  for (let gone = 0; gone <= leaving.length; gone += 1) {
    const left = leaving.slice(0, gone).map(({ place }) => place);
    const kept = natural.map((wanted, place) => (left.includes(place) ? 0 : wanted));
    const least = columns.map((column) => column.least);
    const { widths, over } = cut({ widths: kept, least, width });
    if (over <= 0) return widths;
  }
  // Narrower than anything ghost promises: what can be cut is cut to nearly nothing.
  const never = natural.map((wanted, place) => (columns[place]?.leaves === null ? wanted : 0));
  return cut({ widths: never, least: columns.map(({ least }) => (least === null ? null : 1)), width }).widths;
}

interface Cutting {
  readonly widths: readonly number[];
  readonly least: readonly (number | null)[];
  readonly width: number;
}

function cut({ widths, least, width }: Cutting): { readonly widths: readonly number[]; readonly over: number } {
  const result = [...widths];
  const kept = widths.filter((wanted) => wanted > 0);
  let over = kept.reduce((sum, wanted) => sum + wanted, 0) + gap.length * (kept.length - 1) - width;
  for (let place = widths.length - 1; place >= 0 && over > 0; place -= 1) {
    const wanted = widths[place] ?? 0;
    const fewest = least[place] ?? null;
    if (fewest === null || wanted <= fewest) continue;
    const given = Math.min(over, wanted - fewest);
    result[place] = wanted - given;
    over -= given;
  }
  return { widths: result, over };
}
