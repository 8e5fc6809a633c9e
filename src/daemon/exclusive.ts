/**
 * Work on one thing goes one after the other, in the order in which it came; work on different things at once. For what
 * must not meet: the cut of a range of a task's spool and the prune of the same range.
 */
export class Exclusive<Key> {
  readonly #last = new Map<Key, Promise<void>>();

  /** Does the work when all that came before it on the same thing has settled, and gives what it gave. */
  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(key, promise);
    try {
      await before;
      return await work();
    } finally {
      if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve();
    }
  }
}
