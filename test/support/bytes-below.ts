import { statSync } from 'node:fs';
import { join } from 'node:path';

import { pathsBelow } from './paths-below.ts';

/** What all files and folders below a folder take on the disk, in blocks. Some may go meanwhile. */
export function bytesBelow(folder: string): number {
  return pathsBelow(folder)
    .map((path) => (statSync(join(folder, path), { throwIfNoEntry: false })?.blocks ?? 0) * 512)
    .reduce((sum, bytes) => sum + bytes, 0);
}
