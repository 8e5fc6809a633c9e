import { hasUnseen } from './visible.ts';

/** A command line that a POSIX shell reads back as the same words, on one line and without a control character. */
export function quoteCommand(words: readonly string[]): string {
  return words.map((word, place) => (place === 0 && word.includes('=') ? quoted(word) : quoteWord(word))).join(' ');
}

// A leading `=` is a path look-up and a leading `~` a home folder in some shells; in the middle neither is special.
const plain = /^(?!=)[\w@%+=:,./-]+$/;
const beyondAscii = /[^\x20-\x7e]/;

/** One word, quoted only where a shell would not take it as it is. */
export function quoteWord(word: string): string {
  if (plain.test(word)) return word;
  // Here and not above: the table of all letters takes half a millisecond to load, which plain commands need not wait for.
  return beyondAscii.test(word) && /^(?!=)[\w@%+=:,./\p{L}\p{N}-]+$/u.test(word) ? word : quoted(word);
}

/** Control characters need the `$'...'` form (POSIX.1-2024), in which they can be seen. */
function quoted(word: string): string {
  return hasUnseen(word) ? `$'${escaped(word)}'` : `'${word.replaceAll("'", "'\\''")}'`;
}

const named: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u001b': '\\e',
  '\\': '\\\\',
  "'": "\\'",
};

function escaped(word: string): string {
  let text = '';
  for (const character of word) {
    text += named[character] ?? (hasUnseen(character) ? numbered(character) : character);
  }
  return text;
}

/** Three octal digits end by themselves; `\x7` would swallow a digit that follows. Beyond ASCII, four hex digits do. */
function numbered(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 128 ? `\\${code.toString(8).padStart(3, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
