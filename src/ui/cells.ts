import stringWidth from 'string-width';

/** Texts by the cells of a terminal that they take. None of them holds a control sequence. */

const ascii = /^[\x20-\x7e]*$/;
const characters = new Intl.Segmenter();

/** How many columns a text takes. */
export function widthOf(text: string): number {
  return ascii.test(text) ? text.length : stringWidth(text);
}

/** A text cut to at most so many columns, never inside a character, with `…` for what is left out. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return '';
  // Nothing is wider than it has code units, apart from what is two columns wide in one.
  if (text.length <= columns && widthOf(text) <= columns) return text;
  const kept = takeColumns(text, columns);
  return kept.length === text.length ? text : `${takeColumns(text, columns - 1)}…`;
}

/** A text in exactly so many columns: cut, or filled up with spaces. */
export function fit(text: string, columns: number, { align = 'left' }: { align?: 'left' | 'right' } = {}): string {
  const shown = cut(text, columns);
  const fill = ' '.repeat(Math.max(0, columns - widthOf(shown)));
  return align === 'left' ? `${shown}${fill}` : `${fill}${shown}`;
}

/** As much of the beginning as fits into so many columns. Only that much is looked at, however long the text is. */
export function takeColumns(text: string, columns: number): string {
  if (columns <= 0) return '';
  const plain = text.slice(0, columns + 1);
  if (ascii.test(plain)) return plain.slice(0, columns);
  let end = 0;
  let width = 0;
  for (const { segment } of characters.segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    end += segment.length;
  }
  return text.slice(0, end);
}

/** A text cut into rows of at most so many columns. A character that is wider than a row gets one of its own. */
export function wrapColumns(text: string, columns: number): readonly string[] {
  const rows: string[] = [];
  for (let rest = text; rest !== '';) {
    const row = takeColumns(rest, columns);
    const [first] = characters.segment(rest);
    const taken = row === '' ? (first?.segment ?? rest) : row;
    rows.push(taken);
    rest = rest.slice(taken.length);
  }
  return rows.length === 0 ? [''] : rows;
}

/** A text in lines of at most so many columns, broken at spaces, and within a word only where it is longer than a line. */
export function wrapText(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = wrapColumns(word, columns);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}
