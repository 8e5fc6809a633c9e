import { type Row, type Side, type Stage, interleave } from '../figure.ts';
import { against } from '../rows.ts';
import { type BenchHome, idleNode } from '../support/bench-home.ts';

/** Where a question must be answered that an index helps: so many times as long as Node needs to do nothing. */
const indexedMost = 1.5;

/**
 * What a person may ask of a journal that `fillJournal` filled with so many tasks: each question that an index answers.
 * Some are asked twice: of what is common and of what is rare, which is looked for all the way down.
 */
function indexedQuestions(tasks: number): readonly (readonly [string, ...string[]])[] {
  const middle = String(Math.ceil(tasks / 2));
  return [
    ['list'],
    ['history'],
    ['history', '-n', '100'],
    ['history', '--state', 'failed'],
    ['history', '--state', 'lost'],
    ['history', '--exit', '2'],
    ['history', '--exit', '77'],
    ['history', '--signal', 'KILL'],
    ['history', '--name', 'nightly'],
    ['history', '--tag', 'gpu'],
    ['history', '--tag', 'nobody-has-it'],
    ['history', '--cwd', '/home/ada/src/api'],
    ['history', '--since', '1d'],
    ['history', '--until', '90d ago'],
    ['history', 'pg_dump'],
    ['history', 'nobody ran this'],
    ['history', 'npm test exit:!0 since:7d'],
    ['show', middle],
    ['show', middle, '--at', `seq:${tasks * 4}`],
    ['why', middle],
    ['list', '--at', '30d ago'],
    ['audit', '--task', middle],
    ['audit', '--since', '30m'],
    ['audit', '-n', '20'],
    ['timeline', middle],
    ['timeline', '--since', '30m'],
  ];
}

/** Each of those questions against a Node that does nothing; and what no index can answer, to be known. */
export async function askThePast(
  home: BenchHome,
  { tasks, stage }: { readonly tasks: number; readonly stage: Stage },
): Promise<readonly Row[]> {
  const questions = indexedQuestions(tasks).map((args) => ({ args, what: `ghost ${args.join(' ')}` }));
  const sides: Readonly<Record<string, Side>> = {
    ...Object.fromEntries(
      questions.map(({ args, what }) => [what, async () => (await home.ghost(args)).tookMs] as const),
    ),
    node: idleNode,
  };
  const time = await interleave(sides, { rounds: stage.rounds(12) });
  const counts = await interleave(
    { stats: async () => (await home.ghost(['history', '--stats'])).tookMs, node: idleNode },
    { rounds: stage.rounds(3) },
  );
  return [
    ...questions.map(({ what }) =>
      against(what, time[what] ?? [], { values: time['node'] ?? [], ratioMost: indexedMost }),
    ),
    against('ghost history --stats, which counts every task', counts.stats, { values: counts.node, ratioMost: null }),
  ];
}
