import type { ProcessFigures } from './daemon-process.ts';
import type { GhostCommand } from './ghost-command.ts';

/** What is timed: a Node that does nothing, by which the rest is measured, and three commands. */
export const timed = ['nothing', 'list', 'show', 'run'] as const;
export type Timed = (typeof timed)[number];

/** How long each took, in milliseconds, one after the other. */
export type Round = { readonly [T in Timed]: number };

/** One look at the daemon from outside. */
export type Sample = ProcessFigures & {
  readonly minutes: number;
  /** The short tasks and the followers until then. */
  readonly tasks: number;
  readonly followers: number;
  readonly rounds: readonly Round[];
  /** The lower quartile of each, in milliseconds, for those who look on. */
  readonly tookMs: Round;
};

/** So often each command is timed at a look. */
const roundsAtOnce = 16;

/** Types each command in turns, so that whatever else the machine does is shared by all of them. */
export async function timeCommands(
  ghost: GhostCommand,
  { task }: { task: number },
): Promise<Pick<Sample, 'rounds' | 'tookMs'>> {
  const rounds: Round[] = [];
  const take = async (args: readonly string[]): Promise<number> => {
    const { status, tookMs, stderr } = await ghost.run(args);
    if (status !== 0) throw new Error(`ghost ${args.join(' ')} exited with ${status}: ${stderr}`);
    return tookMs;
  };
  for (let count = 0; count < roundsAtOnce; count += 1) {
    rounds.push({
      nothing: (await ghost.nothing()).tookMs,
      list: await take(['list']),
      show: await take(['show', String(task)]),
      run: await take(['run', 'true']),
    });
  }
  return { rounds, tookMs: quartiles(rounds) };
}

/** The lower quartile of each: what it takes when nothing comes between. */
export function quartiles(rounds: readonly Round[]): Round {
  const of = (what: Timed): number => {
    const sorted = rounds.map((round) => round[what]).toSorted((one, other) => one - other);
    return Math.round((sorted[Math.floor(sorted.length / 4)] ?? Number.NaN) * 10) / 10;
  };
  return { nothing: of('nothing'), list: of('list'), show: of('show'), run: of('run') };
}
