import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { onceATurn } from '../../src/daemon/once-a-turn.ts';

test('is read once for all who ask in one turn of the event loop, and anew in the next', async () => {
  const read = { times: 0 };
  const ask = onceATurn(() => (read.times += 1));
  expect([ask(), ask()]).toEqual([1, 1]);
  await Promise.resolve();
  expect(ask()).toBe(1);
  await nextTurn();
  expect([ask(), ask()]).toEqual([2, 2]);
});

test('what could not be read is read again', () => {
  const read = { times: 0 };
  const ask = onceATurn(() => {
    read.times += 1;
    if (read.times === 1) throw new Error('not this time');
    return read.times;
  });
  expect(ask).toThrow('not this time');
  expect(ask()).toBe(2);
});
