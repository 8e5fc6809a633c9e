import type { Task } from './task.ts';

/** So much of a command line and name is searched, in characters (UTF-16): what is longer was not typed by hand. */
export const searchCharactersMax = 4096;

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

/** Text as it is looked for in what `searchText` gives. */
export function searchNeedle(text: string): string {
  return text.toLowerCase();
}
