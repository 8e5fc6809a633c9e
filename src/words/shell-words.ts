/** A command line as it was typed: its words, or why it has none. */
type ShellWords =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** It needs a shell: a pipe, a redirection, a variable, a pattern. */
  | { readonly kind: 'script' }
  /** A quote is left open, or nothing comes after the last backslash. */
  | { readonly kind: 'unfinished'; readonly what: string };

/** What means something to a POSIX shell outside of quotes, and inside of double ones. */
const special = /[|&;<>()$`*?[\]#~!{}\n]/;
const specialInQuotes = /[$`]/;

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', e: '\u001b', '\\': '\\', "'": "'" };

/**
 * Splits a command line as a POSIX shell would, with the `$'...'` of POSIX.1-2024, and does nothing else that a shell
 * does: what asks for more is told to be a script. Reads back all that `quoteCommand` writes.
 */
export function shellWords(line: string): ShellWords {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length;) {
    const character = line[at] ?? '';
    const ansi = line.startsWith("$'", at);
    if (character === ' ' || character === '\t') {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
    } else if (character === "'" || ansi) {
      const read = ansi ? ansiQuoted(line, at + 2) : singleQuoted(line, at + 1);
      if (read === null) return { kind: 'unfinished', what: "the quote ' is not closed" };
      word = (word ?? '') + read.text;
      at = read.end;
    } else if (character === '"') {
      const read = doubleQuoted(line, at + 1);
      if (read === null) return { kind: 'unfinished', what: 'the quote " is not closed' };
      if (specialInQuotes.test(read.open)) return { kind: 'script' };
      word = (word ?? '') + read.text;
      at = read.end;
    } else if (character === '\\') {
      const next = line[at + 1];
      if (next === undefined) return { kind: 'unfinished', what: 'nothing comes after the last backslash' };
      word = (word ?? '') + next;
      at += 2;
    } else if (isSpecial(character, { begins: word === null })) return { kind: 'script' };
    else {
      word = (word ?? '') + character;
      at += 1;
    }
  }
  if (word !== null) words.push(word);
  const [first] = words;
  // A variable before the command is an assignment.
  return first !== undefined && /^[A-Za-z_]\w*=/.test(first) ? { kind: 'script' } : { kind: 'words', words };
}

/** A `#` or `~` means something only where a word begins, `{}` and `!` only alone or where they begin one. */
function isSpecial(character: string, { begins }: { readonly begins: boolean }): boolean {
  return special.test(character) && (begins || !/[#~!{}]/.test(character));
}

interface Quoted {
  readonly text: string;
  /** What of it was not escaped. */
  readonly open: string;
  readonly end: number;
}

function singleQuoted(line: string, from: number): Quoted | null {
  const end = line.indexOf("'", from);
  return end === -1 ? null : { text: line.slice(from, end), open: '', end: end + 1 };
}

function doubleQuoted(line: string, from: number): Quoted | null {
  let text = '';
  let open = '';
  for (let at = from; at < line.length; at += 1) {
    const character = line[at] ?? '';
    const next = line[at + 1] ?? '';
    if (character === '"') return { text, open, end: at + 1 };
    if (character === '\\' && /["\\$`]/.test(next)) {
      text += next;
      at += 1;
    } else {
      text += character;
      open += character;
    }
  }
  return null;
}

function ansiQuoted(line: string, from: number): Quoted | null {
  let text = '';
  for (let at = from; at < line.length;) {
    if (line[at] === "'") return { text, open: '', end: at + 1 };
    const [spelled = '', octal, hex] = /^\\(?:([0-7]{1,3})|u([\da-fA-F]{4})|[^])/.exec(line.slice(at, at + 6)) ?? [];
    if (spelled === '') text += line[at] ?? '';
    else if (octal !== undefined) text += String.fromCodePoint(Number.parseInt(octal, 8));
    else if (hex !== undefined) text += String.fromCodePoint(Number.parseInt(hex, 16));
    else text += escapes[spelled.slice(1)] ?? spelled;
    at += Math.max(1, spelled.length);
  }
  return null;
}
