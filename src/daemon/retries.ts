/** When the journal could not be written, say, how long until something is tried again. */
export const retryMs = 5_000;

/** What is done again after a while, because what it needs (room, descriptors) was not to be had. */
export class Retries implements Disposable {
  readonly #timers = new Set<NodeJS.Timeout>();

  later(act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, retryMs);
    this.#timers.add(timer.unref());
  }

  /**
   * Does something that has failed again until it succeeds.
   * @param options.tell is told why it failed, and not twice in a row the same.
   */
  untilDone(
    act: () => void,
    { error, tell, told = null }: { error: unknown; tell: (why: string) => void; told?: string | null },
  ): void {
    const why = String(error);
    if (why !== told) tell(why);
    this.later(() => {
      try {
        act();
      } catch (next) {
        this.untilDone(act, { error: next, tell, told: why });
      }
    });
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
