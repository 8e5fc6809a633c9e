import { expect, test } from 'vitest';

import { runningShown, waitForTasks } from '../../src/daemon/wait.ts';
import type { EventDraft, JournalEvent } from '../../src/journal/events.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { committed, taskDraft } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';

/** A table whose events a test commits as it goes. */
function liveTable(): {
  readonly tables: { readonly table: LiveTable; readonly store: MemoryArchive };
  readonly commit: (...drafts: readonly EventDraft[]) => void;
} {
  let events: readonly JournalEvent[] = [];
  const listeners = new Set<() => void>();
  const store = new MemoryArchive(() => events);
  const table = new LiveTable(
    {
      read: ({ after }) => events.slice(after),
      onCommit: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    store,
  );
  const commit = (...drafts: readonly EventDraft[]): void => {
    events = [...events, ...committed(drafts, { after: events.length })];
    for (const listener of listeners) listener();
  };
  return { tables: { table, store }, commit };
}

const submitted = (task: number): EventDraft =>
  taskDraft('TaskSubmitted', { task, data: { name: `task-${task}`, requestId: `request-${task}` } });
const exited = (task: number): EventDraft => taskDraft('TaskExited', { task });
const never = { signal: new AbortController().signal };
const all = { tasks: [], mode: 'all', timeoutMs: null } as const;

test('waiting for all gives the tasks in the order in which they were named, when the last has ended', async () => {
  const { tables, commit } = liveTable();
  commit(submitted(1), submitted(2), submitted(3));
  const waiting = waitForTasks(tables, { ...all, tasks: ['3', 'task-1'] }, never);
  commit(exited(1));
  commit(exited(3));
  expect((await waiting).map(({ id }) => id)).toEqual([3, 1]);
});

test('waiting for any gives those that have ended, and none where none was named and none runs', async () => {
  const { tables, commit } = liveTable();
  expect(await waitForTasks(tables, { ...all, mode: 'any' }, never)).toEqual([]);
  commit(submitted(1), submitted(2));
  const waiting = waitForTasks(tables, { ...all, mode: 'any' }, never);
  commit(exited(2));
  expect((await waiting).map(({ id }) => id)).toEqual([2]);
  expect((await waitForTasks(tables, { ...all, tasks: ['2'], mode: 'any' }, never)).map(({ id }) => id)).toEqual([2]);
});

test('without names it is the tasks that run when it is asked, and not those that come', async () => {
  const { tables, commit } = liveTable();
  commit(submitted(1), submitted(2), exited(1));
  const waiting = waitForTasks(tables, all, never);
  commit(submitted(3));
  commit(exited(2));
  expect((await waiting).map(({ id }) => id)).toEqual([2]);
});

test('a wait that runs out names those that still run, so many at the most', async () => {
  const { tables, commit } = liveTable();
  const running = [1, ...Array.from({ length: runningShown - 1 }, (_, index) => index + 3)];
  commit(...running.map(submitted), submitted(2), exited(2));
  const wait = async (): Promise<unknown> => await waitForTasks(tables, { ...all, timeoutMs: 0 }, never);
  const message = `still running: ${running.join(' ')}`;
  await expect(wait()).rejects.toMatchObject({ code: 'wait-timeout', message, hint: 'ghost wait 1' });
  commit(submitted(1_000));
  await expect(wait()).rejects.toMatchObject({ message: `${message} and 1 more` });
});

test('what has ended already is no matter of time', async () => {
  const { tables, commit } = liveTable();
  commit(submitted(1), exited(1));
  expect(await waitForTasks(tables, { ...all, tasks: ['1'], timeoutMs: 0 }, never)).toHaveLength(1);
});

test('a task that is not there is refused at once, and who asked may leave at any time', async () => {
  const { tables, commit } = liveTable();
  commit(submitted(1));
  await expect(waitForTasks(tables, { ...all, tasks: ['1', '9'] }, never)).rejects.toMatchObject({
    code: 'no-such-task',
  });
  const leaving = new AbortController();
  const waiting = waitForTasks(tables, all, { signal: leaving.signal });
  leaving.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
});
