import { expect, test } from 'vitest';

import { AnswerPage, messageBytes } from '../../src/daemon/answer-page.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { pageBytesMax } from '../../src/protocol/limits.ts';
import { fakeTask } from '../protocol/served.ts';

/** A task that takes just so many bytes of a page. */
function taskOf(bytes: number): TaskView {
  const view = { ...fakeTask(1), cwd: '' };
  const padded = { ...view, cwd: 'x'.repeat(bytes - messageBytes(view)) };
  expect(messageBytes(padded)).toBe(bytes);
  return padded;
}

const half = pageBytesMax / 2;

test('a page takes tasks up to its bytes, and not one byte more', () => {
  const full = new AnswerPage({ tasksMax: 10 });
  expect([full.add(taskOf(half)), full.add(taskOf(half)), full.add(fakeTask(2))]).toEqual([true, true, false]);
  expect(full.tasks).toHaveLength(2);
  const over = new AnswerPage({ tasksMax: 10 });
  expect([over.add(taskOf(half)), over.add(taskOf(half + 1))]).toEqual([true, false]);
  expect(over.tasks).toHaveLength(1);
});

test('the first task is in it however large it is, so that a list goes on', () => {
  const page = new AnswerPage({ tasksMax: 10 });
  expect([page.add(taskOf(pageBytesMax + 1)), page.add(fakeTask(2))]).toEqual([true, false]);
});

test('it takes so many tasks and no more', () => {
  const page = new AnswerPage({ tasksMax: 2 });
  expect([page.add(fakeTask(1)), page.add(fakeTask(2)), page.add(fakeTask(3))]).toEqual([true, true, false]);
});
