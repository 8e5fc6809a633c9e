import { type Sample, type Timed, type Took, quartileMs, ticksTogether } from './sample.ts';

interface GrownFigure {
  readonly name: string;
  /** After the first minutes, and at the end. */
  readonly first: number;
  readonly last: number;
  /** How much more that is, 0.1 for a tenth. */
  readonly growth: number;
}

export interface SoakVerdict {
  readonly figures: readonly GrownFigure[];
  /** What the clock said, where the machine was so much busier or idler at the end that this tells nothing of ghost. */
  readonly notComparable: readonly GrownFigure[];
  readonly complaints: readonly string[];
}

/** So many looks are taken together at either side. */
const together = 3;
/** The clock is believed where a Node that does nothing took about as long at the end as at first. */
const sameMachine = 0.15;

/** Holds the last looks against the first. */
export function verdictOn(
  samples: readonly Sample[],
  { growthMax, complaints }: { growthMax: number; complaints: readonly string[] },
): SoakVerdict {
  const [first, last] = [samples.slice(0, together), samples.slice(-together)];
  const [tookFirst, tookLast] = [first.flatMap(({ took }) => took), last.flatMap(({ took }) => took)];
  const commands = ['list', 'show', 'run'] as const;
  const byClock = commands.map((name) =>
    compare(`${name} on the clock`, inNothings(tookFirst, name, quartileMs), inNothings(tookLast, name, quartileMs)),
  );
  const isSame = Math.abs(quartileMs(tookLast, 'nothing') / quartileMs(tookFirst, 'nothing') - 1) <= sameMachine;
  const figures = [
    ...(['residentKib', 'descriptors', 'watches'] as const).map((name) =>
      compare(name, median(first.map((sample) => sample[name])), median(last.map((sample) => sample[name]))),
    ),
    ...commands.map((name) =>
      compare(
        `${name} in processor time`,
        inNothings(tookFirst, name, ticksTogether),
        inNothings(tookLast, name, ticksTogether),
      ),
    ),
    ...(isSame ? byClock : []),
  ];
  const grown = figures
    .filter(({ growth }) => growth > growthMax)
    .map(({ name, growth }) => `${name} has grown by ${Math.round(growth * 100)} %`);
  return { figures, notComparable: isSame ? [] : byClock, complaints: [...complaints, ...grown] };
}

function compare(name: string, first: number, last: number): GrownFigure {
  return { name, first, last, growth: Math.round((last / first - 1) * 1000) / 1000 };
}

/** In times of what a Node takes that does nothing, which goes with the machine. */
function inNothings(
  took: readonly Took[],
  name: Timed,
  measure: (took: readonly Took[], wanted: Timed) => number,
): number {
  return Math.round((measure(took, name) / measure(took, 'nothing')) * 100) / 100;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
