import { getRawAsset, isSea } from 'node:sea';

/** Whether this program is ghost's single executable, and not one of somebody who uses the library. */
export function isSingleExecutable(): boolean {
  if (!isSea()) return false;
  try {
    getRawAsset('dist/daemon.cjs');
    return true;
  } catch {
    return false;
  }
}
