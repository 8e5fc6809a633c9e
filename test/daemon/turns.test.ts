import { expect, test } from 'vitest';

import { Turns } from '../../src/daemon/turns.ts';

test('work on one thing goes one after the other, and on another thing at once', async () => {
  const turns = new Turns<string>();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take('one', async () => {
    await gate.promise;
    done.push('first');
  });
  const second = turns.take('one', async () => {
    done.push('second');
    await Promise.resolve();
  });
  await turns.take('other', async () => {
    done.push('other');
    await Promise.resolve();
  });
  expect(done).toEqual(['other']);
  gate.resolve();
  await Promise.all([first, second]);
  expect(done).toEqual(['other', 'first', 'second']);
});

test('work that fails tells its own caller and lets the next one go', async () => {
  const turns = new Turns<number>();
  const failing = turns.take(1, () => Promise.reject(new Error('no')));
  const next = turns.take(1, () => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  await expect(next).resolves.toBe('yes');
});
