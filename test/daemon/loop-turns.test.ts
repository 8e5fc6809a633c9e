import { expect, test } from 'vitest';

import { inSlices, resultInTurns, stepsInTurns } from '../../src/daemon/loop-turns.ts';

test.for([
  { items: [], slices: [[]] },
  { items: [1, 2], slices: [[1, 2]] },
  { items: [1, 2, 3], slices: [[1, 2, 3]] },
  { items: [1, 2, 3, 4], slices: [[1, 2, 3], [4]] },
  {
    items: [1, 2, 3, 4, 5, 6],
    slices: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  },
])('of $items, three at once, the slices are $slices', ({ items, slices }) => {
  expect([...inSlices(items, { atOnce: 3 })]).toEqual(slices);
});

test('between two steps everybody else has a turn of the event loop', async () => {
  const order: string[] = [];
  const { signal } = new AbortController();
  setImmediate(() => order.push('other'));
  for await (const step of stepsInTurns(['one', 'two'], { signal })) order.push(step);
  expect(order).toEqual(['one', 'other', 'two']);
});

test('work that nobody wants any more goes no step further, and its steps are closed', async () => {
  const controller = new AbortController();
  const done: string[] = [];
  const work = function* (): Generator<string, void, void> {
    try {
      for (const step of ['one', 'two', 'three']) {
        done.push(step);
        yield step;
      }
    } finally {
      done.push('closed');
    }
  };
  const walk = async (): Promise<void> => {
    for await (const step of stepsInTurns(work(), { signal: controller.signal })) {
      if (step === 'one') controller.abort(new Error('gone'));
    }
  };
  await expect(walk()).rejects.toThrow('gone');
  expect(done).toEqual(['one', 'two', 'closed']);
});

test('work that gives something at its end leaves turns to others until then', async () => {
  const order: string[] = [];
  const work = function* (): Generator<undefined, string, void> {
    order.push('one');
    yield undefined;
    order.push('two');
    return 'all of it';
  };
  setImmediate(() => order.push('other'));
  expect(await resultInTurns(work(), { signal: new AbortController().signal })).toBe('all of it');
  expect(order).toEqual(['one', 'other', 'two']);
});

test('work that is not waited for any more lets go of what it holds', async () => {
  const abort = new AbortController();
  const held: string[] = [];
  const work = function* (): Generator<undefined, string, void> {
    held.push('a database');
    try {
      for (;;) yield;
    } finally {
      held.pop();
    }
  };
  const result = resultInTurns(work(), { signal: abort.signal });
  abort.abort(new Error('the client has gone'));
  await expect(result).rejects.toThrow('the client has gone');
  expect(held).toEqual([]);
});
