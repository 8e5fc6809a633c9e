import { expect, test } from 'vitest';

import type { EventDraft } from '../../src/journal/events.ts';
import { committed, daemonDraft, taskDraft } from '../support/facts.ts';
import { type WholeTable, evolveTable, initialTable } from '../support/whole-table.ts';

function tableOf(...drafts: readonly EventDraft[]): WholeTable {
  return committed(drafts).reduce(evolveTable, initialTable());
}

const submitted = (task: number, name: string | null): EventDraft =>
  taskDraft('TaskSubmitted', { task, data: { name, requestId: `request-${task}` } });
const life = (task: number): readonly EventDraft[] => [
  taskDraft('TaskSpawned', { task }),
  taskDraft('TaskStarted', { task }),
];
const exited = (task: number): EventDraft => taskDraft('TaskExited', { task });
const closed = (task: number): EventDraft => taskDraft('LogClosed', { task });

test('the table of a new journal is empty', () => {
  expect(tableOf(daemonDraft('DaemonStarted'))).toEqual({ ...initialTable(), seq: 1 });
});

test('tasks that have ended are in the order in which they ended, and their logs stay open until they are closed', () => {
  const ends = [
    submitted(1, null),
    submitted(2, null),
    submitted(3, null),
    ...life(1),
    ...life(2),
    ...life(3),
    exited(3),
    exited(1),
  ];
  const table = tableOf(...ends, closed(1));
  expect([...table.tasks.keys()]).toEqual([1, 2, 3]);
  expect([...table.active]).toEqual([2]);
  expect(table.ended).toEqual([3, 1]);
  expect([...table.openLogs]).toEqual([2, 3]);
  expect(table.closedLogBytes).toBe(127);
});

test('a task that could not be started has ended, without a log that anybody waits for', () => {
  const table = tableOf(submitted(1, null), taskDraft('TaskStartFailed'));
  expect({ ...table, tasks: null, byName: null }).toMatchObject({ active: new Set(), ended: [1], openLogs: new Set() });
});

test('a name means the newest task that bears it, also after that has ended', () => {
  const table = tableOf(submitted(1, 'web'), submitted(2, 'db'), submitted(3, 'web'), ...life(3), exited(3));
  expect(Object.fromEntries(table.byName)).toEqual({ web: 3, db: 2 });
});

test('an end that comes twice is counted once, as are the bytes of a log', () => {
  const table = tableOf(submitted(1, null), ...life(1), exited(1), closed(1), taskDraft('TaskLost'), closed(1));
  expect(table.ended).toEqual([1]);
  expect(table.closedLogBytes).toBe(127);
});

test('events that were folded before change nothing', () => {
  const events = committed([submitted(1, 'web'), ...life(1), taskDraft('TaskAdopted'), exited(1), closed(1)]);
  const once = events.reduce(evolveTable, initialTable());
  const twice = [...events.slice(0, 4), ...events.slice(1, 3), ...events].reduce(evolveTable, initialTable());
  expect(twice).toEqual(once);
});

test('events about a task that was never submitted are left out', () => {
  expect(tableOf(...life(9), exited(9), closed(9))).toEqual({ ...initialTable(), seq: 4 });
});
