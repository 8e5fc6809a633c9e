import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Actor, EventDraft } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import { readMark } from '../journal/mark-file.ts';
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

/**
 * The journal lost its end where its mark is ahead of it, or folders of tasks are there that no event tells of: no number
 * is given again, and what was to be started before may have run.
 */
export function missingEnd(
  journal: Journal,
  { paths, self, log }: { paths: Pick<Paths, 'journal' | 'tasks'>; self: Actor; log: DaemonLog },
): readonly EventDraft[] {
  const known = journal.lastTask();
  const kept = journal.lastSeq;
  const mark = readMark(paths.journal);
  // The doctor has restored it, and said what was lost.
  const isAhead = mark !== null && mark.seq > kept && (kept === 0 || journal.lastRestored() !== kept);
  const beyond = lastTaskBeyond(paths.tasks, { known });
  if (!isAhead && beyond === null) return [];
  const lastTask = Math.max(known, beyond ?? 0, isAhead ? mark.task : 0);
  const lost = isAhead ? { from: kept + 1, to: mark.seq } : null;
  log.warn('the end of the journal is missing: its mark or the folders of tasks tell of more', {
    kept,
    mark: mark?.seq ?? null,
    lastTask,
  });
  const data = { kept, lost, lastTask, damaged: null };
  return [{ type: 'JournalRestored', task: null, actor: self, data }];
}
