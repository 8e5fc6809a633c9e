import type { Writable } from 'node:stream';

import { GhostError } from '../ghost-error.ts';

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
export type OutputStream = Writable & { readonly columns?: number };

/** Makes its stream when it is first needed: most commands never say anything on stderr, and Node's streams are slow to make. */
export class StreamOutput implements Output {
  readonly isTerminal: boolean;
  readonly #open: () => OutputStream;
  #opened: OutputStream | null = null;
  #closed = false;

  constructor({ isTerminal, open }: { isTerminal: boolean; open: () => OutputStream }) {
    this.isTerminal = isTerminal;
    this.#open = open;
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
  write(data: string | Uint8Array): Promise<void> {
    if (this.#closed || data.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#stream.write(data, (error) => {
        if (error === null || error === undefined) return resolve();
        if (!readerIsGone(error)) {
          return reject(new GhostError('internal', `the output could not be written: ${error.message}`));
        }
        this.#closed = true;
        resolve();
      });
    });
  }
}

/** EPIPE: the reader closed the pipe. EIO: the terminal was hung up. */
function readerIsGone(error: NodeJS.ErrnoException): boolean {
  return ['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '');
}
