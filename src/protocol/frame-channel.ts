import type { Duplex } from 'node:stream';

import { GhostError } from '../ghost-error.ts';
import { encodeFrame, encodeLooseItem, FrameDecoder, isLooseItem } from './frame.ts';

export interface FrameChannelOptions {
  /** The most bytes of a body that may come in, and that may go out. */
  readonly bytesMax: { readonly in: number; readonly out: number };
  /** Whose frames come in (see `FrameDecoder`). */
  readonly from: 'anybody' | 'daemon';
  readonly onMessage: (message: unknown) => void;
  /** What came in is no message: nothing that follows can be read. */
  readonly onFlaw: (error: GhostError) => void;
  /** Nothing comes in any more; called once. The cause is the transport's error, or null for an orderly end. */
  readonly onClose: (cause: Error | null) => void;
}

/**
 * Messages over a two-way stream of bytes, whatever carries it.
 *
 * What is sent within one turn of the event loop goes out in one write: the hello and the first request of a client,
 * the answers to requests that came together.
 */
export class FrameChannel {
  readonly #duplex: Duplex;
  readonly #options: FrameChannelOptions;
  readonly #decoder: FrameDecoder;
  readonly #drainWaiters: (() => void)[] = [];
  #listening = true;
  #corked = false;
  #cause: Error | null = null;
  #isOpen = true;

  constructor(duplex: Duplex, options: FrameChannelOptions) {
    this.#duplex = duplex;
    this.#options = options;
    this.#decoder = new FrameDecoder({ bytesMax: options.bytesMax.in, from: options.from });
    duplex.on('data', (chunk: Buffer) => this.#read(chunk));
    duplex.on('drain', () => this.#releaseDrainWaiters());
    duplex.on('error', (error) => (this.#cause = error));
    // A half-closed peer is gone: nobody reads the answers of one that has said its last.
    duplex.on('end', () => this.#close());
    duplex.on('close', () => this.#close());
  }

  /** Whether messages still come in. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What waits to go out, in bytes. */
  get outgoingBytes(): number {
    return this.#duplex.writableLength;
  }

  /**
   * Sends a message; says nothing when the channel is closed, since `onClose` does.
   * @throws GhostError `request-too-large`, `invalid-request`: it was not sent.
   */
  send(message: object): void {
    const limit = { bytesMax: this.#options.bytesMax.out };
    const pieces = isLooseItem(message) ? encodeLooseItem(message, limit) : [encodeFrame(message, limit)];
    if (!this.#duplex.writable) return;
    this.#cork();
    for (const piece of pieces) this.#duplex.write(piece);
  }

  /** Settles when there is room again, or when the channel is closed. */
  async drained(): Promise<void> {
    if (!this.#isOpen || !this.#duplex.writableNeedDrain) return;
    await new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Stops taking messages in, and with that the sender, until `resume`. */
  pause(): void {
    this.#duplex.pause();
  }

  resume(): void {
    this.#duplex.resume();
  }

  /** Sends what is still to go out and then the end; what comes in from now on is thrown away. */
  end(): void {
    this.#listening = false;
    this.#uncork();
    this.#duplex.end();
    this.#duplex.resume();
  }

  /** Ends it at once, whatever is still to go out. */
  destroy(): void {
    this.#listening = false;
    this.#duplex.destroy();
  }

  #read(chunk: Buffer): void {
    if (!this.#listening) return;
    try {
      for (const message of this.#decoder.push(chunk)) {
        this.#options.onMessage(message);
        if (!this.#listening) return;
      }
    } catch (error) {
      if (!(error instanceof GhostError)) throw error;
      this.#listening = false;
      this.#options.onFlaw(error);
    }
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#duplex.cork();
    setImmediate(() => this.#uncork());
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#duplex.uncork();
  }

  #releaseDrainWaiters(): void {
    for (const release of this.#drainWaiters.splice(0)) release();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listening = false;
    this.#releaseDrainWaiters();
    this.#options.onClose(this.#cause);
  }
}
