/**
 * How long something has taken. It counts on the monotonic clock, which knows no time of day and does not jump, and so
 * is not the clock that the mains pass in.
 */
export class Stopwatch {
  readonly #startedAt = process.hrtime.bigint();

  /** Milliseconds since it was made. */
  get elapsedMs(): number {
    return Number(process.hrtime.bigint() - this.#startedAt) / 1e6;
  }
}
