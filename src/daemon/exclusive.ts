import { Turns } from '../turns.ts';

/**
 * Work on one thing goes one after the other, in the order in which it came; work on different things at once. For what
 * must not meet: the cut of a range of a task's spool and the prune of the same range.
 */
export class Exclusive<Key> {
  readonly #turns = new Map<Key, Turns>();

  /** Does the work when all that came before it on the same thing has settled, and gives what it gave. */
  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(key) ?? new Turns();
    this.#turns.set(key, turns);
    try {
      return await turns.take(work);
    } finally {
      if (turns.isIdle) this.#turns.delete(key);
    }
  }
}
