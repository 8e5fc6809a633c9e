import { expect, test } from 'vitest';

import { Exclusive } from '../../src/daemon/exclusive.ts';

test('work on one thing goes one after the other, and on another thing at once', async () => {
  const exclusive = new Exclusive<string>();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = exclusive.run('one', async () => {
    await gate.promise;
    done.push('first');
  });
  const second = exclusive.run('one', async () => {
    done.push('second');
    await Promise.resolve();
  });
  await exclusive.run('other', async () => {
    done.push('other');
    await Promise.resolve();
  });
  expect(done).toEqual(['other']);
  gate.resolve();
  await Promise.all([first, second]);
  expect(done).toEqual(['other', 'first', 'second']);
});

test('work that fails tells its own caller and lets the next one go', async () => {
  const exclusive = new Exclusive<number>();
  const failing = exclusive.run(1, () => Promise.reject(new Error('no')));
  const next = exclusive.run(1, () => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  await expect(next).resolves.toBe('yes');
});
