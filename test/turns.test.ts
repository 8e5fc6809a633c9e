import { expect, test } from 'vitest';

import { Turns } from '../src/turns.ts';

test('each has its turn when the one before is done, and it settles when all are', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take(async () => {
    await gate.promise;
    done.push('first');
    return 1;
  });
  const second = turns.take(() => done.push('second'));
  const settled = turns.settled().then(() => done.push('settled'));
  await new Promise(setImmediate);
  expect(done).toEqual([]);
  expect(turns.isIdle).toBe(false);
  gate.resolve();
  await expect(first).resolves.toBe(1);
  await Promise.all([second, settled]);
  expect(done).toEqual(['first', 'second', 'settled']);
  expect(turns.isIdle).toBe(true);
});

test('what fails, at once or later, is told to its own caller alone, and the next one has its turn', async () => {
  const turns = new Turns();
  const failing = [
    turns.take(() => {
      throw new Error('at once');
    }),
    turns.take(() => Promise.reject(new Error('later'))),
  ];
  const next = turns.take(() => 'yes');
  await turns.settled();
  expect(turns.isIdle).toBe(true);
  expect(await Promise.allSettled(failing)).toMatchObject([
    { reason: { message: 'at once' } },
    { reason: { message: 'later' } },
  ]);
  await expect(next).resolves.toBe('yes');
});
