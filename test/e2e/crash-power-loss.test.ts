import { expect, test } from 'vitest';

import { losePower } from '../support/power-loss.ts';

test('whenever the power goes, what a client was told is there, and nothing that is there is wrong', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const { complaints, ...report } = await losePower({ cuts: 80, seed });
  // The seed is what it takes to make the same cuts of another life: npm run chaos -- --power-loss 80 --seed SEED
  expect({ ...report, complaints }).toEqual({ ...report, complaints: [] });
  expect(report.cuts).toBe(80);
  // It was a life with something to lose.
  expect(report.lost).toBeGreaterThan(0);
  expect(report.syncs).toBeGreaterThan(50);
}, 240_000);
