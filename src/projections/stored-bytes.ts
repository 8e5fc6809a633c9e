import type { StoredStream } from './task.ts';

/** What a file system gives out at the least: most have 4 KiB, and a size is rounded up to it. */
export const blockBytes = 4096;

/** What is left of a complete stream is compressed from this size on; less gains nothing, since a file takes blocks. */
export const finalSealBytes = 64 * 1024;
/** From this size on the tasks with large output are found by an index of their own (migration 0002). */
export const largeOutputBytes = 2 ** 20;

/** A size in whole blocks. */
export function inBlocks(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes;
}

/** What the segments of a stream take on the disk. On average the last block of a file is half full. */
export function segmentsOnDisk({ segmentBytes, starts }: Pick<StoredStream, 'segmentBytes' | 'starts'>): number {
  return segmentBytes + (starts.length * blockBytes) / 2;
}
