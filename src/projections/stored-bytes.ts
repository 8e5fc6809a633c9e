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

/** What a range of a file takes on the disk where all before it was given back. */
export function rangeInBlocks({ from, to }: { readonly from: number; readonly to: number }): number {
  return to > from ? inBlocks(to) - Math.floor(from / blockBytes) * blockBytes : 0;
}

/**
 * What is beside the streams of a task that is still written: two folders and what its shim notes. The same is taken for
 * what of a complete one nobody has measured, with the index of its order instead of the notes.
 */
export const besideBytesAssumed = 3 * blockBytes;
