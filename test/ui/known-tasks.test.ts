import { expect, test } from 'vitest';

import { evolveKnown, knownFrom, knownMax } from '../../src/ui/known-tasks.ts';
import { startedEvents, tasksNumbered } from './made-tasks.ts';

test('no more tasks are held than the limit; the oldest that has ended goes, and none that runs', () => {
  const full = knownFrom(tasksNumbered(knownMax));
  const same = evolveKnown(full, []);
  expect(same.tasks.size).toBe(knownMax);
  const next = knownMax + 1;
  const more = evolveKnown(full, startedEvents(next, { after: full.seq }));
  expect(more.tasks.size).toBe(knownMax);
  const ids = new Set([...more.tasks.values()].map(({ id }) => Number(id)));
  // Task 1 runs, 2 was the oldest that has ended.
  expect([1, 2, 3, 4, next].map((id) => ids.has(id))).toEqual([true, false, true, true, true]);
});

test('tasks that run are all held, however many they are', () => {
  let known = knownFrom({ seq: 0, tasks: [] });
  for (let task = 1; task <= knownMax + 3; task += 1) {
    known = evolveKnown(known, startedEvents(task, { after: known.seq }));
  }
  expect(known.tasks.size).toBe(knownMax + 3);
});
