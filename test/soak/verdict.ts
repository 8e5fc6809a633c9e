import { type Sample, type Timed, quartiles } from './sample.ts';

export interface Verdict {
  /** Each figure after the first minutes and at the end, and how much more that is. */
  readonly figures: readonly {
    readonly name: string;
    readonly first: number;
    readonly last: number;
    readonly growth: number;
  }[];
  readonly complaints: readonly string[];
}

/** So many looks are taken together at either side. */
const together = 3;

/** Holds the last looks against the first. */
export function verdictOn(
  samples: readonly Sample[],
  { growthMax, complaints }: { growthMax: number; complaints: readonly string[] },
): Verdict {
  const [first, last] = [samples.slice(0, together), samples.slice(-together)];
  const figures = [
    ...(['residentKib', 'descriptors', 'watches'] as const).map((name) =>
      compare(name, median(first.map((sample) => sample[name])), median(last.map((sample) => sample[name]))),
    ),
    ...(['list', 'show', 'run'] as const).map((name) =>
      compare(`${name}, in times of a Node that does nothing`, ratioOf(first, name), ratioOf(last, name)),
    ),
  ];
  const grown = figures
    .filter(({ growth }) => growth > growthMax)
    .map(({ name, growth }) => `${name} has grown by ${Math.round(growth * 100)} %`);
  return { figures, complaints: [...complaints, ...grown] };
}

function compare(name: string, first: number, last: number): Verdict['figures'][number] {
  return { name, first, last, growth: Math.round((last / first - 1) * 1000) / 1000 };
}

function ratioOf(samples: readonly Sample[], name: Timed): number {
  const took = quartiles(samples.flatMap(({ rounds }) => rounds));
  return Math.round((took[name] / took.nothing) * 100) / 100;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
