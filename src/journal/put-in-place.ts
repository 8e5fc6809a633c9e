import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A journal's file and its write-ahead log cannot be replaced in one step. So what takes their place is complete and on
 * the disk under a name of its own first; from then on it is the journal, whoever puts it into its place.
 *
 *   tasks.db.restored.tmp ──▶ tasks.db.restored ──▶ tasks.db-wal is gone ──▶ tasks.db
 */

/** Where a restored journal lies that is complete and not in its place yet. */
export function restoredPath(path: string): string {
  return `${path}.restored`;
}

/** @param written the new journal, without a write-ahead log of its own. */
export function putInPlace(path: string, { written, onStep }: { written: string; onStep: (step: Step) => void }): void {
  sync(written);
  renameSync(written, restoredPath(path));
  sync(dirname(path));
  onStep('complete');
  finishPutting(path, { onStep });
}

/**
 * Does what is left of that after a crash, so that nobody goes on with a file whose write-ahead log is gone. To be called
 * by the holder of the daemon's lock alone, before the journal is opened.
 * @returns whether there was anything left.
 */
export function finishPutting(
  path: string,
  { onStep = () => undefined }: { onStep?: (step: Step) => void } = {},
): boolean {
  if (!existsSync(restoredPath(path))) return false;
  // It would be read into the new file.
  rmSync(`${path}-wal`, { force: true });
  rmSync(`${path}-shm`, { force: true });
  // Together with the rename it could be on the disk after it, and a power cut leave the old log beside the new file.
  sync(dirname(path));
  onStep('log-removed');
  renameSync(restoredPath(path), path);
  sync(dirname(path));
  onStep('in-place');
  return true;
}

type Step = 'complete' | 'log-removed' | 'in-place';

export function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
