import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Past the last task that the journal knows, so many numbers are looked for: what a lost write-ahead log held, and more. */
export const numbersLookedFor = 64;

/**
 * The highest number that a folder in one of these folders bears: `7`, `7.before-UUID` and `7.2` are all of a task 7.
 * 0 where there is none.
 */
export function lastTaskInFolders(folders: readonly string[]): number {
  let last = 0;
  for (const folder of folders) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const number = Number(/^(\d+)(?:\.|$)/.exec(name)?.[1] ?? 0);
      if (Number.isSafeInteger(number)) last = Math.max(last, number);
    }
  }
  return last;
}

/**
 * The highest number of a task that has a folder and that no event tells of, or null where there is none. Of a million
 * tasks only a few names are asked for, as long as nothing is wrong: a start does not read the whole folder.
 */
export function lastTaskBeyond(tasksFolder: string, { known }: { readonly known: number }): number | null {
  for (let number = known + 1; number <= known + numbersLookedFor; number += 1) {
    if (existsSync(join(tasksFolder, String(number)))) return lastTaskInFolders([tasksFolder]);
  }
  return null;
}
