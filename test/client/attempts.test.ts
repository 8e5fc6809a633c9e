import { setTimeout as delay } from 'node:timers/promises';

import { beforeEach, expect, test, vi } from 'vitest';

import { Attempts, firstPauseMs, pauseMsMax, waitingAttemptsMax } from '../../src/client/session.ts';

vi.mock(import('node:timers/promises'), { spy: true });

beforeEach(() => {
  // A quarter of an hour, at once.
  vi.mocked(delay).mockReset();
  vi.mocked(delay).mockResolvedValue(undefined);
});

const lost = new Error('the connection was lost');

/** What was waited for so far, in milliseconds. */
function pauses(): readonly number[] {
  return vi.mocked(delay).mock.calls.map(([ms]) => ms ?? 0);
}

test('who only waits gives up after so many attempts in vain in a row, and no sooner', async () => {
  const attempts = new Attempts({ max: waitingAttemptsMax });
  for (let round = 0; round < 2; round += 1) {
    for (let count = 1; count < waitingAttemptsMax; count += 1) await attempts.pause(lost);
    // There was progress.
    attempts.startOver();
  }
  for (let count = 1; count < waitingAttemptsMax; count += 1) await attempts.pause(lost);
  await expect(attempts.pause(lost)).rejects.toMatchObject({
    code: 'daemon-unreachable',
    message: expect.stringContaining(`${waitingAttemptsMax} times in a row`) as string,
  });
});

test('the first attempt is made again at once, each of the next after twice the pause, up to the longest', async () => {
  const attempts = new Attempts({ max: waitingAttemptsMax });
  for (let count = 1; count < waitingAttemptsMax; count += 1) await attempts.pause(lost);
  expect(pauses().slice(0, 3)).toEqual([2 * firstPauseMs, 4 * firstPauseMs, 8 * firstPauseMs]);
  expect(Math.max(...pauses())).toBe(pauseMsMax);
  expect(pauses()).toHaveLength(waitingAttemptsMax - 2);
  const minutes = pauses().reduce((sum, ms) => sum + ms, 0) / 60_000;
  expect(minutes).toBeGreaterThan(15);
});
