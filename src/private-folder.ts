import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { errorCode } from './error-code.ts';

/**
 * Makes a folder where there is none, with what is missing above it, 0700 from the moment it exists. Not by mkdir's own
 * `recursive`: Node 24 never returns from that below a folder that takes no other and says ENOENT, as /proc does.
 * @throws the system's error.
 */
export function makePrivateFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(path);
  if (parent !== path) makePrivateFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another ghost was faster.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
