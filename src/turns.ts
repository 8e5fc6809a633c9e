/** Work that goes one after the other, in the order in which it came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  /** Whether nothing is being done, and nothing waits. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Does the work when all that came before it has settled, and gives what it gave. What fails keeps nobody from his turn. */
  async take<T>(work: () => Promise<T> | T): Promise<T> {
    this.#underWay += 1;
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Settles when all that came until now has settled. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
