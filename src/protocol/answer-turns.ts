/**
 * The answers of one connection that may be large, one after the other: each is worked out and sent when there is room for
 * it. Otherwise a client that asks a thousand times for a long list, and reads none of it, has a thousand lists
 * made at once.
 */
export class AnswerTurns {
  readonly #room: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  /** @param room settles when something may be sent, or when nobody wants it any more. */
  constructor(room: () => Promise<void>) {
    this.#room = room;
  }

  /** Does the work when all that was given before is done and there is room. */
  take(work: () => Promise<void> | void): void {
    this.#last = this.#last.then(async () => {
      await this.#room();
      await work();
    });
  }

  /** Settles when all that was given until now is done. */
  async done(): Promise<void> {
    await this.#last;
  }
}
