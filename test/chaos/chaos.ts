import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { type ChaosReport, causeChaos } from '../support/chaos.ts';
import { type PowerLossReport, losePower } from '../support/power-loss.ts';

/**
 * `npm run chaos -- [--kills N] [--seconds T] [--steps REGEX] [--seed S] [--report FILE]`: a long run of what
 * test/property/crash-chaos.test.ts does. It goes in rounds with a data folder each, says after each how far it has come,
 * and prints a report at the end (into a file too, where one is named). With `--seconds` it ends after about so long, with
 * the kills that there were; `--steps` leaves out those at other named steps. It ends with 1 where anything did not hold;
 * each round can be made again by its seed.
 *
 * `npm run chaos -- --power-loss CUTS` does the same for test/e2e/crash-power-loss.test.ts: so many states in which a power
 * cut can leave a data folder are opened.
 */
const killsPerRound = 200;
/** What is summed up over the rounds. */
const figures = [
  'killsWhileStarting',
  'daemons',
  'tasks',
  'adoptions',
  'foundEnds',
  'abortedSpawns',
  'segments',
  'signals',
  'events',
  'outputBytes',
  'witnesses',
  'seconds',
] as const;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    steps: { type: 'string', default: '.' },
    report: { type: 'string' },
    'power-loss': { type: 'string' },
  },
});
const wanted = Number(values.kills);
const firstSeed = Number(values.seed);
const seconds = Number(values.seconds);
const cuts = values['power-loss'] === undefined ? null : Number(values['power-loss']);
if (![wanted, firstSeed, cuts ?? 1].every(Number.isInteger) || !(seconds > 0) || wanted < 1 || (cuts ?? 1) < 1) {
  throw new Error(
    'npm run chaos -- [--kills N] [--seconds T] [--steps REGEX] [--power-loss CUTS] [--seed S] [--report FILE]',
  );
}

const report = cuts === null ? await killDaemons() : await cutPower(cuts);
const printed = `${JSON.stringify(report, null, 2)}\n`;
process.stdout.write(printed);
if (values.report !== undefined) writeFileSync(values.report, printed);
process.exitCode = report.complaints.length === 0 ? 0 : 1;

async function cutPower(most: number): Promise<PowerLossReport> {
  return await losePower({
    cuts: most,
    seed: firstSeed,
    onProgress: (done, total, complaints) => {
      if (done % 100 === 0) process.stdout.write(`${done} of ${total} cuts, ${complaints.length} complaints\n`);
    },
  });
}

async function killDaemons(): Promise<Readonly<Record<string, unknown>> & { readonly complaints: readonly string[] }> {
  const rounds: ChaosReport[] = [];
  const sum = (of: (round: ChaosReport) => number): number => rounds.reduce((total, round) => total + of(round), 0);
  const begun = performance.now();
  const secondsLeft = (): number => seconds - (performance.now() - begun) / 1000;
  while (sum(({ kills }) => kills) < wanted && secondsLeft() > 0) {
    const seed = firstSeed + rounds.length;
    const kills = Math.min(killsPerRound, wanted - sum((round) => round.kills));
    const round = await causeChaos({ kills, seed, seconds: secondsLeft(), steps: new RegExp(values.steps) });
    rounds.push(round);
    process.stdout.write(
      `${sum((one) => one.kills)} of ${wanted} kills; round ${rounds.length}: seed ${seed}, ${round.kills} kills, ` +
        `${round.tasks} tasks, ${round.seconds} s, ${round.complaints.length} complaints\n`,
    );
    for (const complaint of round.complaints) process.stdout.write(`  ${complaint}\n`);
  }
  const steps = Object.fromEntries(
    Object.keys(rounds[0]?.steps ?? {}).map((point) => [point, sum((round) => round.steps[point] ?? 0)]),
  );
  return {
    rounds: rounds.length,
    firstSeed,
    kills: sum(({ kills }) => kills),
    killsAtNamedSteps: Object.values(steps).reduce((total, count) => total + count, 0),
    ...Object.fromEntries(figures.map((figure) => [figure, sum((round) => round[figure])])),
    steps,
    complaints: rounds.flatMap(({ complaints }) => complaints),
  };
}
