import { randomBytes } from 'node:crypto';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';

import { GhostError } from '../ghost-error.ts';
import type { Paths } from '../paths.ts';
import { releaseReserve, reserveStepBytes } from '../reserve-file.ts';
import type { DaemonLog } from './daemon-log.ts';
import { bytesOnDisk, isOutOfSpace, spaceOf } from './file-system.ts';

const mebibyte = 2 ** 20;
/** What is set aside. */
export const reserveBytes = 4 * mebibyte;
/** With less than this there is no room to begin anything: a task, a pump, a segment. */
export const roomBytesMin = 4 * mebibyte;
/** While there is no room, how often to look whether there is. */
const lookAgainMs = 1_000;
/** The pause between two steps of filling, so that requests are answered in between. */
const fillPauseMs = 10;

/**
 * Room that is kept for the end: a file that takes real blocks, and gives some of them back when the disk is full, so
 * that what ends then is still recorded. It is filled again by itself when there is room; until then nothing new is
 * begun.
 *
 *   filling ──▶ held ── the journal found no room ──▶ short ── room again ──▶ filling
 *      └── no room ──────────────────────────────────▶──┘
 */
export class Reserve implements Disposable {
  readonly #home: string;
  readonly #path: string;
  readonly #log: DaemonLog;
  #onRoom: () => void = () => undefined;
  #state: 'filling' | 'held' | 'short' = 'filling';
  #timer: NodeJS.Timeout | null = null;
  #disposed = false;

  /**
   * Opens the reserve of a data folder, and gives it back at once where the disk is full by now: a journal cannot even
   * be opened then. Filled by `fill`.
   */
  constructor({ home, reserve, log }: Pick<Paths, 'home' | 'reserve'> & { log: DaemonLog }) {
    this.#home = home;
    this.#path = reserve;
    this.#log = log;
    if (spaceOf(home).freeBytes < reserveStepBytes) this.release();
  }

  /** Says what to do each time when the disk was full and is not any more. */
  whenRoom(goOn: () => void): void {
    this.#onRoom = goOn;
  }

  /**
   * Gives a part of it back, at once and synchronously: the journal waits in the middle of a commit.
   * @returns whether there was something to give, so that it is worth trying again.
   */
  release(): boolean {
    this.#becomeShort();
    return releaseReserve(this.#path);
  }

  /** Whether there is no room to begin anything new. */
  isShort(): boolean {
    return this.#state === 'short' || spaceOf(this.#home).freeBytes < roomBytesMin;
  }

  /** @throws GhostError `disk-full` where there is no room to begin anything new. */
  demandRoom(): void {
    if (!this.isShort()) return;
    const free = Math.floor(spaceOf(this.#home).freeBytes / mebibyte);
    throw new GhostError(
      'disk-full',
      `the disk is full: ${free} MiB are left where ${this.#home} lies, too little to start anything; what runs goes on`,
      { hint: `make room (df -h ${this.#home}; ghost prune --keep 10), then try again` },
    );
  }

  /** Fills it as far as there is room, and goes on by itself until it is full. */
  fill(): void {
    if (this.#disposed || this.#state === 'held') return;
    try {
      const bytes = this.#bytes();
      if (bytes >= reserveBytes) this.#hold();
      else if (spaceOf(this.#home).freeBytes < reserveBytes - bytes + roomBytesMin) this.#becomeShort();
      else this.#grow(bytes);
    } catch (error) {
      if (isOutOfSpace(error)) {
        this.#becomeShort();
        return;
      }
      // The folder may be gone, which is noticed elsewhere, and ends the daemon with a sentence about that.
      this.#log.warn('no reserve can be kept for a full disk', { error: String(error) });
      this.#hold();
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** What it holds in real blocks: a copy of it, or one from a backup, may be all holes and then holds nothing. */
  #bytes(): number {
    return Math.min(statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0, bytesOnDisk(this.#path));
  }

  /** Random bytes, because some file systems give zeros no blocks. */
  #grow(bytes: number): void {
    let descriptor: number | null = null;
    try {
      descriptor = openSync(this.#path, bytes === 0 ? 'w' : 'a', 0o600);
      writeSync(descriptor, randomBytes(Math.min(reserveStepBytes, reserveBytes - bytes)));
      this.#later(fillPauseMs);
    } finally {
      if (descriptor !== null) closeSync(descriptor);
    }
  }

  #becomeShort(): void {
    if (this.#state !== 'short') this.#log.warn('the disk is full: nothing new is begun until there is room');
    this.#state = 'short';
    this.#later(lookAgainMs);
  }

  #hold(): void {
    const wasShort = this.#state === 'short';
    this.#state = 'held';
    if (!wasShort) return;
    this.#log.info('there is room on the disk again');
    try {
      this.#onRoom();
    } catch (error) {
      this.#log.error('what had waited for room could not go on', { error: String(error) });
    }
  }

  #later(delayMs: number): void {
    if (this.#timer !== null || this.#disposed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.fill();
    }, delayMs);
    this.#timer.unref();
  }
}
