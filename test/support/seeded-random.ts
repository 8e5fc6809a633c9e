import { randomNumbers } from './random-numbers.ts';

/** Choices that are the same again for the same seed. */
export class SeededRandom {
  readonly #numbers: (below: number) => number;

  constructor(seed: number) {
    this.#numbers = randomNumbers(seed);
  }

  /** From 0 to 1, without it. */
  next(): number {
    return this.#numbers(2 ** 32) / 2 ** 32;
  }

  /** A whole number from 0 to below a limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  shuffled<T>(from: readonly T[]): readonly T[] {
    return from
      .map((item) => ({ item, place: this.next() }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ item }) => item);
  }
}
