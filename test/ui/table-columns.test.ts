import { expect, test } from 'vitest';

import type { TaskView } from '../../src/projections/task-view.ts';
import { commandMin, nameMax, namesMeasured, taskColumns } from '../../src/ui/table-columns.ts';
import { fakeTask } from '../protocol/served.ts';

const marks = { nowMs: 0, selected: null, marked: new Set<number>(), awaited: new Set<number>() };

/** The width of each column, by its title. */
function widths(tasks: readonly TaskView[], columns: number): Readonly<Record<string, number>> {
  return Object.fromEntries(taskColumns(tasks, { columns, marks }).map(({ title, columns: width }) => [title, width]));
}

function named(...names: readonly string[]): readonly TaskView[] {
  return names.map((name, index) => ({ ...fakeTask(names.length - index), name }));
}

test('the column of names is as wide as the widest, and no wider than so much', () => {
  expect(widths(named('x'.repeat(nameMax - 1)), 200)['Name']).toBe(nameMax - 1);
  for (const more of [0, 1, 10]) expect(widths(named('x'.repeat(nameMax + more)), 200)['Name']).toBe(nameMax);
});

test('of so many tasks the names are measured, the newest first', () => {
  const short = Array.from({ length: namesMeasured - 1 }, () => 'abcde');
  expect(widths(named(...short, 'abcdefgh'), 200)['Name']).toBe(8);
  expect(widths(named(...short, 'abcde', 'abcdefgh'), 200)['Name']).toBe(5);
});

test('the command is never narrower than so much: what has no room beside it gives way', () => {
  const all = widths(named('web'), 200);
  // Each column has a space on both sides and a line, and there is a line at the end.
  const least = Object.values({ ...all, Command: commandMin }).reduce((sum, width) => sum + width + 3, 1);
  expect(widths(named('web'), least)).toEqual({ ...all, Command: commandMin });
  expect(widths(named('web'), least + 1)).toEqual({ ...all, Command: commandMin + 1 });
  const narrower = widths(named('web'), least - 1);
  expect(Object.keys(narrower)).toHaveLength(Object.keys(all).length - 1);
  expect(narrower['Command']).toBeGreaterThan(commandMin);
});
