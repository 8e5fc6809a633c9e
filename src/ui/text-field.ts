import { visible } from '../words/visible.ts';
import { cut, takeColumns, widthOf } from './cells.ts';

/** A line of text that is being typed; the caret stands before the character at its place, counted in code units. */
export interface TextField {
  readonly text: string;
  readonly caret: number;
}

export const emptyField: TextField = { text: '', caret: 0 };

/** A field with a text, the caret at its end. */
export function fieldOf(text: string): TextField {
  return { text, caret: text.length };
}

/** What is typed or pasted goes in at the caret. It is one line: line ends become spaces, other controls go. */
export function typed({ text, caret }: TextField, input: string): TextField {
  const clean = input.replaceAll(/[\r\n\t]+/g, ' ').replaceAll(/\p{Cc}/gu, '');
  return { text: text.slice(0, caret) + clean + text.slice(caret), caret: caret + clean.length };
}

/** The field after one of the keys that edit it, or null where the key edits nothing. */
export function edited({ text, caret }: TextField, key: string): TextField | null {
  const before = previousPlace(text, caret);
  const after = nextPlace(text, caret);
  switch (key) {
    case 'left':
      return { text, caret: before };
    case 'right':
      return { text, caret: after };
    case 'home':
    case 'ctrl-a':
      return { text, caret: 0 };
    case 'end':
    case 'ctrl-e':
      return { text, caret: text.length };
    case 'backspace':
      return { text: text.slice(0, before) + text.slice(caret), caret: before };
    case 'delete':
      return { text: text.slice(0, caret) + text.slice(after), caret };
    case 'ctrl-u':
      return { text: text.slice(caret), caret: 0 };
    case 'ctrl-k':
      return { text: text.slice(0, caret), caret };
    case 'ctrl-w': {
      const start = text.slice(0, caret).replace(/\S+\s*$/, '').length;
      return { text: text.slice(0, start) + text.slice(caret), caret: start };
    }
    default:
      return null;
  }
}

/**
 * What is seen of the field in so many columns: the text around the caret, and the character that it stands on. What is
 * there need not have been typed: a folder of a task's is.
 */
export function shownField({ text, caret }: TextField, columns: number): readonly [string, string, string] {
  const at = text.slice(caret, nextPlace(text, caret));
  const under = at === '' ? ' ' : visible(at);
  let before = visible(text.slice(0, caret));
  const room = Math.max(0, columns - widthOf(under));
  // Cut from its beginning, a character at a time from where it is surely too long.
  if (widthOf(before) > room) {
    before = before.slice(-room);
    while (before !== '' && widthOf(before) > Math.max(0, room - 1)) before = before.slice(nextPlace(before, 0));
    before = `…${before}`;
  }
  const rest = visible(text.slice(caret + at.length));
  return [before, under, cut(takeColumns(rest, columns), Math.max(0, columns - widthOf(before) - widthOf(under)))];
}

const characters = new Intl.Segmenter();

function previousPlace(text: string, caret: number): number {
  let place = 0;
  for (const { index } of characters.segment(text.slice(0, caret))) place = index;
  return place;
}

function nextPlace(text: string, caret: number): number {
  const [first] = characters.segment(text.slice(caret));
  return caret + (first?.segment.length ?? 0);
}
