import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Actor, EventDraft } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { Paths } from '../paths.ts';
import type { DaemonLog } from './daemon-log.ts';

/** Past the last task that the journal knows, so many numbers are looked for: what a lost write-ahead log held, and more. */
const numbersLookedFor = 256;

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
function lastTaskBeyond(tasksFolder: string, { known }: { readonly known: number }): number | null {
  for (let number = known + 1; number <= known + numbersLookedFor; number += 1) {
    if (existsSync(join(tasksFolder, String(number)))) return lastTaskInFolders([tasksFolder]);
  }
  return null;
}

/** Where folders of tasks are there that no event tells of, the journal lost its end: their numbers are not given again. */
export function missingEnd(
  journal: Journal,
  { paths, self, log }: { paths: Pick<Paths, 'tasks'>; self: Actor; log: DaemonLog },
): readonly EventDraft[] {
  const lastTask = lastTaskBeyond(paths.tasks, { known: journal.lastTask() });
  if (lastTask === null) return [];
  log.warn('the end of the journal is missing: there are folders of tasks that it knows nothing of', { lastTask });
  const data = { kept: journal.lastSeq, lost: null, lastTask, damaged: null };
  return [{ type: 'JournalRestored', task: null, actor: self, data }];
}
