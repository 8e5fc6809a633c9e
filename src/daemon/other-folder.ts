import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { ProcessTable } from './process-table.ts';
import type { TaskFolder } from './task-folder.ts';

/**
 * Whether a living process works for the same task of another data folder: this one is then a copy of it, made on this
 * machine while the task ran, and pid, start time and boot are right in both. It has a file open that bears the name of
 * one of this task's and is another file. A folder that was moved has the same files as before.
 */
export function worksForOther(
  pids: readonly number[],
  { folder, attempt, processes }: { folder: TaskFolder; attempt: number; processes: ProcessTable },
): boolean {
  const names = [folder.status(attempt), folder.fifo('stdout'), folder.fifo('stderr')];
  const own = new Map(names.map((path) => [endOf(path), statSync(path, { throwIfNoEntry: false }) ?? null]));
  // As the kernel says it of the process's files: without links in the way to the data folder.
  const real = realpathSync(dirname(folder.path));
  return pids
    .flatMap((pid) => processes.openFiles(pid))
    .some(({ path, dev, ino }) => {
      const file = own.get(endOf(path));
      if (file === undefined) return false;
      // Somebody removed it, here or in the other one: then its name is all that there is.
      if (file === null) return dirname(dirname(dirname(path))) !== real;
      return file.dev !== dev || file.ino !== ino;
    });
}

/** `tasks/7/spool/status.1` of whatever is before it. */
function endOf(path: string): string {
  return join(...path.split('/').slice(-4));
}
