import { writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

import { errorCode, hasCode } from '../error-code.ts';
import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';

/** Of a command whose reader has gone before it was done: as if SIGPIPE had ended ghost. */
export const readerGoneStatus = 128 + 13;

/** Standard output or standard error, as the commands see it. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal, or null where it is none. */
  readonly columns: number | null;
  /** The reader has gone away: writing goes on to settle and does nothing. */
  readonly closed: boolean;
  /** Settles when the operating system has taken it all, so that a slow reader slows ghost down and not its memory. */
  write(data: string | Uint8Array): Promise<void>;
}

/** A process's own stream: `tty.WriteStream` has columns, a pipe has none. */
type OutputStream = Writable & { readonly columns?: number };

interface StreamOutputOptions {
  readonly isTerminal: boolean;
  readonly open: () => OutputStream;
  /** The descriptor behind the stream; left out: only the stream is written to. */
  readonly descriptor?: number;
}

/**
 * Makes its stream when it is first needed: Node's streams take as long to make as a table does, and a file, and a pipe
 * whose reader keeps up, can be written to without one.
 */
export class StreamOutput implements Output {
  readonly isTerminal: boolean;
  readonly #open: () => OutputStream;
  readonly #descriptor: number | null;
  #opened: OutputStream | null = null;
  #closed = false;

  constructor({ isTerminal, open, descriptor }: StreamOutputOptions) {
    this.isTerminal = isTerminal;
    this.#open = open;
    this.#descriptor = descriptor ?? null;
  }

  get columns(): number | null {
    return this.isTerminal ? (this.#stream.columns ?? 80) : null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get #stream(): OutputStream {
    // Each failed write is told to its caller. Without a listener Node would throw the same error a second time.
    this.#opened ??= this.#open().on('error', () => undefined);
    return this.#opened;
  }

  /** @throws GhostError `internal` where the bytes could not be kept (a full disk, say). */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#closed || data.length === 0) return;
    try {
      const rest = this.#writeDirectly(data);
      if (rest.length > 0) await this.#writeToStream(rest);
    } catch (error) {
      if (!readerIsGone(error, this)) {
        throw new GhostError('internal', `the output could not be written: ${messageOf(error)}`);
      }
      this.#closed = true;
    }
  }

  /** As long as there is no stream, and the system takes it at once or waits by itself. @returns what is left. */
  #writeDirectly(data: string | Uint8Array): string | Uint8Array {
    if (this.#descriptor === null || this.#opened !== null) return data;
    let rest = typeof data === 'string' ? Buffer.from(data) : data;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(this.#descriptor, rest));
      } catch (error) {
        // Somebody made it one that does not wait (O_NONBLOCK, fcntl(2)): the stream knows how to.
        if (errorCode(error) === 'EAGAIN') return rest;
        throw error;
      }
    }
    return rest;
  }

  #writeToStream(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(data, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
  }
}

/** EPIPE: the reader closed the pipe. EIO: the terminal was hung up; of a file it tells that its disk fails. */
function readerIsGone(error: unknown, { isTerminal }: { readonly isTerminal: boolean }): boolean {
  return hasCode(error, ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', ...(isTerminal ? ['EIO'] : [])]);
}
