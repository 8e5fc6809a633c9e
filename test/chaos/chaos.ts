import { causeChaos } from '../support/chaos.ts';
import { GhostHome } from '../support/ghost-home.ts';

/**
 * `npm run chaos -- [KILLS] [SEED]`: a long run of what test/property/crash-chaos.test.ts does. It goes in rounds with
 * a data folder each, prints one line of JSON a round and the sums at the end, and ends with 1 where anything did not
 * hold.
 */
const killsPerRound = 50;

const [killsWanted = '300', firstSeed = String(Math.floor(Math.random() * 2 ** 32))] = process.argv.slice(2);
const sums = {
  kills: 0,
  killsWhileStarting: 0,
  tasks: 0,
  adoptions: 0,
  foundEnds: 0,
  abortedSpawns: 0,
  events: 0,
  outputBytes: 0,
};
let complaints = 0;

for (let round = 0; sums.kills < Number(killsWanted); round += 1) {
  await using home = new GhostHome();
  const kills = Math.min(killsPerRound, Number(killsWanted) - sums.kills);
  const report = await causeChaos(home, { kills, seed: Number(firstSeed) + round });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
  complaints += report.complaints.length;
}

process.stdout.write(`${JSON.stringify({ ...sums, complaints })}\n`);
process.exitCode = complaints === 0 ? 0 : 1;
