import { lstatSync, rmSync, truncateSync } from 'node:fs';

/** The reserve is given back in such steps: whoever else writes to a full disk gets at most one of them. */
export const reserveStepBytes = 2 ** 20;

/**
 * Gives one step of a reserve back to a full disk, at once. Of the daemon, when its journal finds no room; and of
 * whoever would start a daemon, for which even a lock takes some.
 * @returns whether there was something to give, so that it is worth trying again.
 */
export function releaseReserve(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  // A link leads to what is somebody's.
  if (stats?.isFile() !== true) return false;
  const { size } = stats;
  const left = Math.max(0, Math.ceil(size / reserveStepBytes) - 1) * reserveStepBytes;
  if (left > 0) truncateSync(path, left);
  else rmSync(path, { force: true });
  return size > 0;
}
