import { statSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';

import { hasCode } from '../error-code.ts';

export interface FileSystemSpace {
  readonly totalBytes: number;
  /**
   * What a user may still take, infinite where the file system does not say. The rest is root's or the file system's own (statvfs(3)); root is not asked apart, since
   * ext4 counts as free what even root cannot have.
   */
  readonly freeBytes: number;
}

/**
 * The room on the file system of a path. One that has no size of its own says 0 of everything (ramfs, and some in user
 * space): it is never full, and what is a part of its size is that part of the machine's memory, where a ramfs lies.
 */
export function spaceOf(path: string): FileSystemSpace {
  const { bsize, blocks, bavail } = statfsSync(path);
  if (blocks === 0) return { totalBytes: totalmem(), freeBytes: Number.POSITIVE_INFINITY };
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** What a file takes on the disk, which for a file with holes is less than its length; 0 where it is not there. */
export function bytesOnDisk(path: string): number {
  // stat(2) counts in 512 bytes, whatever the file system's blocks are.
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}

/** Whether a write failed for want of room: of the disk, or of what this user may have of it. */
export function isOutOfSpace(error: unknown): boolean {
  return hasCode(error, ['ENOSPC', 'EDQUOT']);
}
