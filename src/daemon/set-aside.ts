import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';

import { errorCode } from '../error-code.ts';
import { memberBytes } from './segment-file.ts';

/** Where what no event tells of is kept, under the same names: `aside/tasks/4/stdout.0001.gz`. */
export const asideFolder = 'aside';

/** Keeps something of a data folder under the same name in a folder of its own. */
export function moveAside(home: string, path: string): void {
  const wanted = join(home, asideFolder, relative(home, path));
  mkdirSync(dirname(wanted), { recursive: true, mode: 0o700 });
  renameSync(path, freeName(wanted));
}

function freeName(path: string): string {
  for (let number = 1, name = path; ; number += 1, name = `${path}.${number}`) {
    if (!existsSync(name)) return name;
  }
}

/**
 * Whether what a segment begins with still lies in the spool at that place. What was given back to the file system reads
 * as zeros: then the segment is all that there is, whatever the journal says.
 */
export function liesInSpool(segment: string, { spool, from }: { spool: string; from: number }): boolean {
  const unpacked = firstBytes(segment);
  if (unpacked === null || !existsSync(spool)) return false;
  const raw = Buffer.alloc(unpacked.length);
  const descriptor = openSync(spool, 'r');
  try {
    const read = readSync(descriptor, raw, 0, raw.length, from);
    return read === raw.length && raw.equals(unpacked);
  } finally {
    closeSync(descriptor);
  }
}

/** The first member of a segment, or null where it is none. */
function firstBytes(segment: string): Buffer | null {
  try {
    const unpacked = gunzipSync(readFileSync(segment), { finishFlush: constants.Z_SYNC_FLUSH });
    return unpacked.length === 0 ? null : unpacked.subarray(0, memberBytes);
  } catch (error) {
    // Not gzip, or half of one: whoever looks at it has to judge.
    if (errorCode(error)?.startsWith('Z_') === true) return null;
    throw error;
  }
}
