import type { Output } from '../output.ts';

/** What is gathered before it is written, in UTF-16 units. */
export const gatheredMax = 64 * 1024;

/**
 * Gathers many small pieces into few writes: what comes at once goes out at once, at the latest at the end of the turn of
 * the event loop, so that nobody who follows waits for a buffer to be full.
 */
export class SoonWritten {
  readonly #output: Output;
  #gathered = '';
  #scheduled: NodeJS.Immediate | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(output: Output) {
    this.#output = output;
  }

  /** The reader has gone away. */
  get closed(): boolean {
    return this.#output.closed;
  }

  /** Settles at once, or when there was room again for as much. @throws what a write before it failed with. */
  async add(text: string): Promise<void> {
    this.#gathered += text;
    if (this.#gathered.length >= gatheredMax) return await this.flush();
    this.#scheduled ??= setImmediate(() => {
      this.#write();
    });
  }

  /** Settles when all is written. */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #write(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    const text = this.#gathered;
    this.#gathered = '';
    if (text === '') return;
    this.#writing = this.#writing.then(() => this.#output.write(text));
    // Told to whoever flushes next; until then it is nobody's.
    this.#writing.catch(() => undefined);
  }
}
