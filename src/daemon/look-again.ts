const minMs = 20;
const maxMs = 1_000;

/**
 * Looks again after a while, and each time after a longer one: for what is waited for and sends no event, such as the end
 * of an adopted shim or of an orphan.
 */
export class LookAgain implements Disposable {
  readonly #look: () => void;
  #timer: NodeJS.Timeout | null = null;
  #nextMs = minMs;
  #disposed = false;

  constructor(look: () => void) {
    this.#look = look;
  }

  later(): void {
    if (this.#timer !== null || this.#disposed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, this.#nextMs);
    this.#timer.unref();
    this.#nextMs = Math.min(this.#nextMs * 2, maxMs);
  }

  /** Something has changed: what comes next may come soon. */
  startOver(): void {
    this.#nextMs = minMs;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
