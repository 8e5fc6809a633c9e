import { expect, test } from 'vitest';

import { causeChaos } from '../support/chaos.ts';
import { GhostHome } from '../support/ghost-home.ts';

test('whenever a daemon is killed, each task runs once and nothing of it is lost, doubled or guessed', async () => {
  await using home = new GhostHome();
  const seed = Math.floor(Math.random() * 2 ** 32);
  const { complaints, ...report } = await causeChaos(home, { kills: 20, seed });
  // The seed is what it takes to make the same choices again: npm run chaos -- 20 SEED
  expect({ ...report, complaints }).toEqual({ ...report, complaints: [] });
  expect(report.tasks).toBeGreaterThanOrEqual(20);
});
