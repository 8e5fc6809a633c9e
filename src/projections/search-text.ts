import type { Task } from './task.ts';

/** So much of a command line and name is searched, in characters (UTF-16): what is longer was not typed by hand. */
export const searchCharactersMax = 4096;

/** Text is indexed by runs of so many characters. */
const trigram = 3;
/** Stands before a UUID in the index, and in no text that anybody types. */
const uuidMark = '\u0001';
/** So much of a UUID is indexed, in characters. */
const uuidIndexed = 8;

/** What a search for text looks into: the command line and the name, in lower case. */
export function searchText({ command, name }: Pick<Task, 'command' | 'name'>): string {
  const words = [name ?? ''];
  let left = searchCharactersMax;
  for (const word of command) {
    if (left <= 0) break;
    words.push(word.slice(0, left));
    left -= word.length + 1;
  }
  const [named = '', ...line] = words;
  return `${line.join(' ')}\n${named}`.toLowerCase();
}

/** What the index of texts knows of a task: its text, and the beginning of its UUID. */
export function indexedText(text: string, uuid: string): string {
  return `${text}${uuidMark}${uuid.slice(0, uuidIndexed)}`;
}

/** What an index of trigrams without positions is asked for a text: every three characters in a row. Null for less. */
export function trigramMatch(needle: string): string | null {
  const characters = [...needle];
  // A query ends at a NUL, which nothing that is run has in it.
  if (characters.length < trigram || needle.includes('\0')) return null;
  const runs = characters.slice(trigram - 1).map((_, index) => characters.slice(index, index + trigram).join(''));
  return [...new Set(runs)].map((run) => `"${run.replaceAll('"', '""')}"`).join(' AND ');
}

/** The same for the beginning of a UUID, of two characters or more. */
export function uuidMatch(prefix: string): string | null {
  return trigramMatch(`${uuidMark}${prefix.slice(0, uuidIndexed)}`);
}

/** Text as it is looked for in what `searchText` gives. */
export function searchNeedle(text: string): string {
  return text.toLowerCase();
}
