import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';

import { errorCode } from '../error-code.ts';
import { memberBytes } from './segment-file.ts';

/** Where what no event tells of is kept, under the same names: `aside/tasks/4/stdout.0001.gz`. */
export const asideFolder = 'aside';
/** A member takes no more than this, also where what is in it does not compress. */
const packedMemberBytesMax = memberBytes + 2 * 1024;

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
  return readAt(spool, { from, bytes: unpacked.length }).equals(unpacked);
}

/** So many bytes of a file, or fewer where it ends. */
function readAt(path: string, { from, bytes }: { from: number; bytes: number }): Buffer {
  const buffer = Buffer.alloc(bytes);
  const descriptor = openSync(path, 'r');
  try {
    return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, from));
  } finally {
    closeSync(descriptor);
  }
}

/** What the first member of a segment holds, or null where it is none. */
function firstBytes(segment: string): Buffer | null {
  try {
    const unpacked = gunzipSync(readAt(segment, { from: 0, bytes: packedMemberBytesMax }), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    return unpacked.length === 0 ? null : unpacked.subarray(0, memberBytes);
  } catch (error) {
    // Not gzip, or half of one: whoever looks at it has to judge.
    if (errorCode(error)?.startsWith('Z_') === true) return null;
    throw error;
  }
}
