import { statOf } from '../support/process-stat.ts';
import type { RestFigures } from './daemon-process.ts';
import type { GhostCommand } from './ghost-command.ts';

/** What is timed: a Node that does nothing, by which the rest is measured, and three commands. */
export type Timed = 'nothing' | 'list' | 'show' | 'run';

/** What one command took on the clock, and of the processors, in ticks. */
export interface Took {
  readonly what: Timed;
  readonly ms: number;
  readonly ticks: number;
  /** What the daemon did meanwhile, for this command and for the tasks that run. */
  readonly daemonTicks: number;
}

/** One look at the daemon from outside. */
export type Sample = RestFigures & {
  readonly minutes: number;
  /** The short tasks and the followers until then. */
  readonly tasks: number;
  readonly followers: number;
  readonly took: readonly Took[];
  /** The lower quartile of each on the clock, for those who look on. */
  readonly tookMs: Readonly<Record<Timed, number>>;
};

/** So often each command is timed at a look. */
const roundsAtOnce = 16;

/** Types each command in turns, so that whatever else the machine does is shared by all of them. */
export async function timeCommands(
  ghost: GhostCommand,
  { daemon, task }: { daemon: number; task: number },
): Promise<Pick<Sample, 'took' | 'tookMs'>> {
  const took: Took[] = [];
  const take = async (what: Timed, args: readonly string[] | null): Promise<void> => {
    const before = { children: statOf('self').childrenTicks, daemon: statOf(daemon).ticks };
    const { status, tookMs: ms, stderr } = args === null ? await ghost.nothing() : await ghost.run(args);
    if (status !== 0) throw new Error(`ghost ${args?.join(' ')} exited with ${status}: ${stderr}`);
    const ticks = statOf('self').childrenTicks - before.children;
    took.push({ what, ms, ticks, daemonTicks: statOf(daemon).ticks - before.daemon });
  };
  for (let count = 0; count < roundsAtOnce; count += 1) {
    await take('nothing', null);
    await take('list', ['list']);
    await take('show', ['show', String(task)]);
    await take('run', ['run', 'true']);
  }
  const tookMs = {
    nothing: quartileMs(took, 'nothing'),
    list: quartileMs(took, 'list'),
    show: quartileMs(took, 'show'),
    run: quartileMs(took, 'run'),
  };
  return { took, tookMs };
}

/** The lower quartile on the clock: what it takes when nothing comes between. */
export function quartileMs(took: readonly Took[], wanted: Timed): number {
  const sorted = took
    .filter(({ what }) => what === wanted)
    .map(({ ms }) => ms)
    .toSorted((one, other) => one - other);
  return Math.round((sorted[Math.floor(sorted.length / 4)] ?? Number.NaN) * 10) / 10;
}

/**
 * The processor time of all of one kind together, in ticks: one alone is only a few of them. What the daemon does for the
 * tasks all the while, as is seen while a Node does nothing, is left out.
 */
export function ticksTogether(took: readonly Took[], wanted: Timed): number {
  const { ms, ticks, daemonTicks } = together(took, wanted);
  const meanwhile = together(took, 'nothing');
  return ticks + daemonTicks - (meanwhile.daemonTicks / meanwhile.ms) * ms;
}

function together(took: readonly Took[], wanted: Timed): Omit<Took, 'what'> {
  return took
    .filter(({ what }) => what === wanted)
    .reduce(
      (sum, one) => ({
        ms: sum.ms + one.ms,
        ticks: sum.ticks + one.ticks,
        daemonTicks: sum.daemonTicks + one.daemonTicks,
      }),
      { ms: 0, ticks: 0, daemonTicks: 0 },
    );
}
