import { parseArgs } from 'node:util';

import { fuzz, targets } from './fuzzing.ts';

/**
 * `npm run fuzz -- [--seconds N] [--seed S] [--only TARGET] [--rounds N]`: gives wrong things to everything that takes
 * something from outside, target after target, a line each. What goes wrong is told with the words that repeat
 * it, and makes the exit status 1.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const chosen = targets.filter(({ name }) => values.only === undefined || values.only === name);
if (chosen.length === 0) {
  process.stderr.write(`there is no target ${values.only}; there are ${targets.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const seed = Number(values.seed);
const roundsMax = values.rounds === undefined ? Infinity : Number(values.rounds);
const share = (Number(values.seconds) * 1_000) / chosen.length;
for (const target of chosen) {
  const deadline = performance.now() + share;
  const wantsMore = (rounds: number): boolean => rounds < roundsMax && (rounds === 0 || performance.now() < deadline);
  const { rounds, finding } = await fuzz(target, { seed, wantsMore });
  process.stdout.write(
    `${target.name}: ${rounds} rounds from seed ${seed}${finding === null ? ', nothing wrong' : ''}\n`,
  );
  if (finding === null) continue;
  process.exitCode = 1;
  for (const complaint of finding.complaints) process.stdout.write(`  ${complaint}\n`);
  process.stdout.write(`  again: npm run fuzz -- --only ${finding.target} --seed ${finding.seed} --rounds 1\n`);
}
