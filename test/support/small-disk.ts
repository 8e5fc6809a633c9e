import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, rmdirSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './until.ts';

const mebibyte = 2 ** 20;

/**
 * A file system of its own that is quickly full: a tmpfs, which root may mount; or a ramfs, which has no size and does not
 * say that it has any room. It is unmounted on disposal, when nobody uses it any more.
 */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly #filler: string;

  /** @param inodes how many files and folders it can have; left out: as many as one likes. */
  constructor({ mebibytes, kind = 'tmpfs', inodes }: { mebibytes: number; kind?: 'tmpfs' | 'ramfs'; inodes?: number }) {
    this.path = mkdtempSync(join(tmpdir(), 'd-'));
    this.#filler = join(this.path, 'filler');
    try {
      const files = inodes === undefined ? '' : `,nr_inodes=${inodes}`;
      execFileSync('mount', ['-t', kind, '-o', `size=${mebibytes}m,mode=0700${files}`, kind, this.path], {
        stdio: 'pipe',
      });
    } catch (error) {
      rmdirSync(this.path);
      throw new Error(
        'this test needs a small file system and may not mount one: run it as root, or with `unshare --user --map-root-user --mount`',
        { cause: error },
      );
    }
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Fills it as somebody else's files would, until so much is left free. */
  fillUntil({ freeBytes }: { freeBytes: number }): void {
    const descriptor = openSync(this.#filler, 'a', 0o600);
    const piece = Buffer.alloc(mebibyte, 1);
    try {
      while (this.freeBytes > freeBytes) {
        writeSync(descriptor, piece, 0, Math.min(mebibyte, this.freeBytes - freeBytes));
      }
    } catch (error) {
      // Somebody else was faster.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Gives back what `fillUntil` took. */
  empty(): void {
    const descriptor = openSync(this.#filler, 'a', 0o600);
    try {
      ftruncateSync(descriptor, 0);
    } finally {
      closeSync(descriptor);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await until('nobody uses the small file system any more', () => {
      try {
        execFileSync('umount', [this.path], { stdio: 'pipe' });
        return true;
      } catch {
        return false;
      }
    });
    rmSync(this.path, { recursive: true });
  }
}
