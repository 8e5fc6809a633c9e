import { visible } from '../words/visible.ts';
import { widthOf } from './cells.ts';
import { afterSgr, type Look, plainLook } from './colours.ts';

/** A stretch of a line in one look. */
export interface StyledRun {
  readonly text: string;
  readonly look: Look;
}

const tabColumns = 8;

/**
 * What a terminal would take for something else than text: control sequences (ECMA-48, 5.4) with their 7-bit and 8-bit
 * beginnings; strings for the terminal (titles, clipboards, images) with their end, or without one; and every other
 * escape. What is left of controls after that is made visible.
 */
const sequences =
  /(?:\u001b\[|\u009b)(?<parameters>[\x30-\x3f]*)(?<between>[\x20-\x2f]*)(?<final>[\x40-\x7e])|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[\x20-\x2f]*[\x30-\x7e]/g;

/**
 * A line that a task wrote as text that can do nothing but be read: its colours are kept, every other sequence is left
 * out, other control characters are made visible, tabs are spaces. Of a line that was written over from its beginning
 * (`\r`) the last writing counts, as on a terminal. No work is done on more than is given.
 */
export function lineRuns(line: string): readonly StyledRun[] {
  const written = lastWriting(line);
  const runs: StyledRun[] = [];
  let look = plainLook;
  let columns = 0;
  const push = (raw: string): void => {
    if (raw === '') return;
    const text = withoutTabs(raw, columns);
    columns += widthOf(text);
    runs.push({ text, look });
  };
  let next = 0;
  for (const found of written.matchAll(sequences)) {
    push(written.slice(next, found.index));
    next = found.index + found[0].length;
    const { parameters = '', between, final } = found.groups ?? {};
    if (final === 'm' && between === '' && /^[\d;:]*$/.test(parameters)) look = afterSgr(look, parameters);
  }
  push(written.slice(next));
  return runs;
}

/** The same without its looks. */
export function plainText(runs: readonly StyledRun[]): string {
  return runs.map(({ text }) => text).join('');
}

function lastWriting(line: string): string {
  if (!line.includes('\r')) return line;
  const writings = line.replace(/\r+$/, '').split('\r');
  return writings.at(-1) ?? '';
}

function withoutTabs(text: string, before: number): string {
  if (!text.includes('\t')) return visible(text);
  let shown = '';
  let columns = before;
  for (const [place, part] of text.split('\t').entries()) {
    if (place > 0) {
      const fill = tabColumns - (columns % tabColumns);
      shown += ' '.repeat(fill);
      columns += fill;
    }
    const seen = visible(part);
    shown += seen;
    columns += widthOf(seen);
  }
  return shown;
}
