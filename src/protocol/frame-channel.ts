import type { Duplex } from 'node:stream';

import { GhostError } from '../ghost-error.ts';
import { encodeFrame, encodeLooseItem, FrameDecoder, isLooseItem } from './frame.ts';

interface FrameChannelOptions {
  /** The most bytes of a body that may come in, and that may go out. */
  readonly bytesMax: { readonly in: number; readonly out: number };
  /** Whose frames come in (see `FrameDecoder`). */
  readonly from: 'anybody' | 'daemon';
  /** How long nothing may come in the middle of a frame, in milliseconds; left out: for ever. */
  readonly stallMs?: number;
  /** How many messages are taken in one turn of the event loop; left out: all that came together. */
  readonly messagesAtOnceMax?: number;
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
  /** Of what was read, what is still to be taken. */
  #messages: Iterator<unknown, void> | null = null;
  #isPaused = false;
  #bytesRead = 0;
  #stall: NodeJS.Timeout | undefined;
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

  /** Whether what is sent now would have to wait behind what the other side has not taken yet. */
  get isFull(): boolean {
    return this.#duplex.writableNeedDrain;
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

  /**
   * Settles when there is room again, or when the channel is closed. Who waits is let go one by one, so that what the
   * first one sends may take the room from the next.
   */
  async drained(): Promise<void> {
    if (!this.#isOpen || (!this.isFull && this.#drainWaiters.length === 0)) return;
    await new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Stops taking messages in, and with that the sender, until `resume`. */
  pause(): void {
    // What is not read cannot come.
    clearTimeout(this.#stall);
    this.#isPaused = true;
    this.#duplex.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#takeMessages();
  }

  /** Sends what is still to go out and then the end; what comes in from now on is thrown away. */
  end(): void {
    this.#listening = false;
    clearTimeout(this.#stall);
    this.#uncork();
    this.#duplex.end();
    this.#duplex.resume();
  }

  /** Ends it at once, whatever is still to go out. */
  destroy(): void {
    this.#listening = false;
    clearTimeout(this.#stall);
    this.#duplex.destroy();
  }

  #read(chunk: Buffer): void {
    if (!this.#listening) return;
    this.#bytesRead += chunk.length;
    this.#messages = this.#decoder.push(chunk);
    this.#takeMessages();
  }

  /** Takes what was read, as much as is taken in one turn, and goes on reading when there is no more of it. */
  #takeMessages(): void {
    let left = this.#options.messagesAtOnceMax ?? Infinity;
    try {
      while (this.#messages !== null && this.#listening && !this.#isPaused) {
        if (left === 0) {
          this.#duplex.pause();
          setImmediate(() => this.#takeMessages());
          return;
        }
        left -= 1;
        const step = this.#messages.next();
        if (step.done === true) this.#messages = null;
        else this.#options.onMessage(step.value);
      }
    } catch (error) {
      if (!(error instanceof GhostError)) throw error;
      this.#giveUp(error);
    }
    if (this.#isPaused) return;
    this.#watchFrame();
    if (this.#duplex.isPaused()) this.#duplex.resume();
  }

  /** Who begins a frame goes on with it: the half of one holds memory that nobody can use. */
  #watchFrame(): void {
    clearTimeout(this.#stall);
    const { stallMs } = this.#options;
    if (stallMs === undefined || !this.#listening || !this.#decoder.isInsideFrame) return;
    this.#stall = setTimeout(() => {
      const bytesRead = this.#bytesRead;
      // After a pause of this process the rest may be there and only not read yet.
      setImmediate(() => {
        if (!this.#listening || this.#bytesRead !== bytesRead || this.#isPaused) return;
        const message = `a frame was begun, and nothing more of it came for ${stallMs / 1_000} s`;
        this.#giveUp(new GhostError('protocol-violation', message));
      });
    }, stallMs);
  }

  #giveUp(error: GhostError): void {
    this.#listening = false;
    clearTimeout(this.#stall);
    this.#options.onFlaw(error);
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
    if (!this.#isOpen) {
      for (const release of this.#drainWaiters.splice(0)) release();
      return;
    }
    if (this.isFull || this.#drainWaiters.length === 0) return;
    this.#drainWaiters.shift()?.();
    setImmediate(() => this.#releaseDrainWaiters());
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listening = false;
    clearTimeout(this.#stall);
    this.#releaseDrainWaiters();
    this.#options.onClose(this.#cause);
  }
}
