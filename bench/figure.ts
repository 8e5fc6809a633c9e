import type { BenchHome } from './support/bench-home.ts';
import type { Peers } from './support/peers.ts';

/**
 * One thing that is measured, with its yardstick, in one interleaved run. A group of figures is a file in
 * `bench/figures/` that exports `figures`; `bench.ts` has the list of the files.
 */
export interface Figure {
  /** What to type to get only this one: `list`, `starts`. Several figures may begin alike (`log-tail`, `log-grep`). */
  readonly name: string;
  /** A sentence for `npm run bench -- --list`. */
  readonly what: string;
  readonly measure: (stage: Stage) => Promise<readonly Row[]>;
}

/** What a figure is given to work with. All that it makes through this is gone when it has ended. */
export interface Stage {
  /** A ghost of its own: data folder, compile cache, daemon. Ended, by pid, and removed after the figure. */
  home(): BenchHome;
  /** An empty folder, removed after the figure. */
  folder(): string;
  /** How often each side is to be run: what the figure thinks right, times what was asked for with `--effort`. */
  rounds(usual: number): number;
  /** The programs that people would use instead, where they are there. */
  readonly peers: Peers;
  /** Says what was not measured, and why. It is in the table and in the JSON. */
  leaveOut(what: string, why: string): void;
}

/** A line of the table. */
export interface Row {
  readonly what: string;
  readonly unit: Unit;
  /** What ghost needed, a value a round. One value is a count or a size that does not vary. */
  readonly ghost: readonly number[];
  /** The same from the yardstick, in the same rounds. */
  readonly yardstick: { readonly name: string; readonly values: readonly number[] } | null;
  /** Where it must be; null: to be known and compared, no more. */
  readonly bar: Bar | null;
}

export type Unit = 'ms' | 'µs' | 's' | 'MB' | 'KiB' | 'bytes' | '/s' | 'MiB/s' | '%' | 'count' | 'CPU ms/MiB';

/** A `ratio` is to the yardstick: the median of the ratios of each round. The others are of ghost's own values. */
export interface Bar {
  readonly of: 'ratio' | 'median' | 'p99';
  readonly limit: 'at most' | 'at least';
  readonly value: number;
}

/** A side of a comparison: does it once and gives what it took. */
export type Side = () => Promise<number>;

/**
 * Runs all sides once a round, each round beginning with another one, so that what else the machine does meets all of
 * them alike. The first round warms up and does not count.
 */
export async function interleave<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  { rounds }: { readonly rounds: number },
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(sides) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round) % names.length];
      if (name === undefined) continue;
      const value = await sides[name]();
      if (round > 0) values[name].push(value);
    }
  }
  return values;
}

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

export function perSecond(count: number, tookMs: number): number {
  return (count / tookMs) * 1_000;
}
