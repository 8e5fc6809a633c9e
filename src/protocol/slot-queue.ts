import type { EndSignal } from './end-signal.ts';

/** The requests that wait until one of those under way has ended, in the order in which they came. */
export class SlotQueue {
  readonly #waiting = new Set<() => void>();

  /** Settles when it is woken: whether there is a slot then has to be looked at. Aborting the signal rejects at once. */
  async wait(signal: EndSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const onAbort = (): void => {
      this.#waiting.delete(resolve);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  wakeNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    next();
  }

  wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
