import { measureFor } from '../words/display-width.ts';
import type { Style } from './style.ts';

/** A label and what is to be said under it; a list is wrapped between its words. */
export type BlockRow = readonly [label: string, value: string | readonly string[]];

interface Block {
  /** Sections are set apart by an empty line. */
  readonly sections: readonly (readonly BlockRow[])[];
  /** The terminal's columns, or null: nothing is wrapped. */
  readonly width: number | null;
  readonly style: Style;
}

/** A narrower terminal wraps what is beside a label by itself. */
export const valueColumnsMin = 20;

/** Labels and values in two aligned columns. Values are shown whole, however long they are. */
export async function renderBlock({ sections, width, style }: Block): Promise<string> {
  const labels = sections.flat().map(([label]) => label.length);
  const indent = Math.max(0, ...labels) + 2;
  const room = width === null ? null : Math.max(valueColumnsMin, width - indent);
  const rendered: string[] = [];
  for (const section of sections) {
    let text = '';
    for (const [label, value] of section) {
      const lines = typeof value === 'string' ? [value] : await wrapWords(value, room);
      const [first = '', ...more] = lines;
      text += `${style.dim(label)}${' '.repeat(indent - label.length)}${first}\n`;
      for (const line of more) text += `${' '.repeat(indent)}${line}\n`;
    }
    rendered.push(text);
  }
  return rendered.filter((text) => text !== '').join('\n');
}

/**
 * Words with a space between them, in lines of at most so many display columns; null: one line. A word is never broken,
 * so that it can be copied: one that is longer stands out.
 */
export async function wrapWords(words: readonly string[], columns: number | null): Promise<readonly string[]> {
  if (columns === null) return [words.join(' ')];
  const measure = await measureFor(words);
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && measure(longer) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
