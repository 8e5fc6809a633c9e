import { streamWindowItems } from './limits.ts';

/** How many more items of a stream may go out before the reader asks for more: the daemon's half of the pacing. */
export class StreamWindow {
  readonly #signal: AbortSignal;
  #items = streamWindowItems;
  #release: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#release?.(), { once: true });
  }

  /** An item goes out. */
  spend(): void {
    this.#items--;
  }

  /** The reader can take so many more. */
  add(items: number): void {
    this.#items += items;
    this.#release?.();
  }

  /** Settles when another item may go out, or when nobody wants one any more. */
  async room(): Promise<void> {
    if (this.#items > 0 || this.#signal.aborted) return;
    await new Promise<void>((resolve) => (this.#release = resolve));
    this.#release = null;
  }
}

type Step = { readonly done: false; readonly value: unknown } | { readonly done: true; readonly value: unknown };

/** What has come of a stream and was not yet read: the client's half. It holds at most a window of items. */
export class StreamInbox {
  readonly #items: unknown[] = [];
  #end: { readonly value: unknown } | { readonly error: Error } | null = null;
  #wake: (() => void) | null = null;

  /** Whether the stream has ended, whatever still waits to be read. */
  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /** Takes an item in; false where more have come than were asked for. */
  add(item: unknown): boolean {
    if (this.#items.length >= streamWindowItems) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  end(value: unknown): void {
    this.#end ??= { value };
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** The next item, or the end; what came before a failure is still given out before the failure is thrown. */
  async next(): Promise<Step> {
    while (this.#items.length === 0 && this.#end === null) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
    if (this.#items.length > 0) return { done: false, value: this.#items.shift() };
    if (this.#end !== null && 'error' in this.#end) throw this.#end.error;
    return { done: true, value: this.#end?.value };
  }
}
