import { statSync, statfsSync } from 'node:fs';

export interface FileSystemSpace {
  readonly totalBytes: number;
  /**
   * What a user may still take. The rest is root's or the file system's own (statvfs(3)); root is not asked apart, since
   * ext4 counts as free what even root cannot have.
   */
  readonly freeBytes: number;
}

/** The room on the file system of a path. */
export function spaceOf(path: string): FileSystemSpace {
  const { bsize, blocks, bavail } = statfsSync(path);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** What a file takes on the disk, which for a file with holes is less than its length; 0 where it is not there. */
export function bytesOnDisk(path: string): number {
  // stat(2) counts in 512 bytes, whatever the file system's blocks are.
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}

/** Whether a write failed for want of room: of the disk, or of what this user may have of it. */
export function isOutOfSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
