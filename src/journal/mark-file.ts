import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

import { errorCode } from '../error-code.ts';

/** How far a journal has come: its last event, and the highest number of a task in it. */
export interface Mark {
  readonly seq: number;
  readonly task: number;
}

/** Both numbers in a fixed width, so that each mark lies exactly over the one before. */
const width = 16;

/** The mark of a journal; beside it, since it is to outlast it. */
export function markPath(journal: string): string {
  return `${journal}-mark`;
}

/**
 * Tells outside of the journal how far it has come. A database whose end is gone (a write-ahead log that was removed, a
 * backup that was put back) is sound in itself, and would give numbers out again and run tasks once more.
 *
 * Written over in place after each commit that is on the disk, and never waited for: it may be behind the journal, and
 * is ahead of it only where something of the journal is missing.
 */
export class MarkFile implements Disposable {
  readonly #descriptor: number;
  #written: Mark = { seq: 0, task: 0 };

  /** @throws the system's error, for want of room, say. */
  constructor(journal: string) {
    const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
    this.#descriptor = openSync(markPath(journal), O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
  }

  write(mark: Mark): void {
    if (mark.seq === this.#written.seq) return;
    const text = `${String(mark.seq).padStart(width)} ${String(mark.task).padStart(width)}\n`;
    writeSync(this.#descriptor, text, 0);
    this.#written = mark;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** What the last daemon marked, or null where there is nothing that can be read as a mark. */
export function readMark(journal: string): Mark | null {
  let text: string;
  try {
    text = readFileSync(markPath(journal), 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
  const [, seq, task] = /^ *(\d{1,16}) +(\d{1,16})\n/.exec(text) ?? [];
  return seq === undefined || task === undefined ? null : { seq: Number(seq), task: Number(task) };
}
