import { expect, test } from 'vitest';

import { endedListed, listTasks } from '../../src/daemon/list-tasks.ts';
import type { EventDraft } from '../../src/journal/events.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { listPageMax } from '../../src/protocol/limits.ts';
import type { Moment, ParametersOf, ResultOf } from '../../src/protocol/messages.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft } from '../support/facts.ts';

const normal = { durability: 'normal' } as const;
const now: ParametersOf<'list'> = { states: null, all: false, at: null, after: 0 };

function submitted(task: number): EventDraft {
  return taskDraft('TaskSubmitted', { task, data: { requestId: `run-${task}` } });
}

function ended(task: number, code = 0): readonly EventDraft[] {
  const step = { task };
  return [
    taskDraft('TaskExited', { ...step, data: { outcome: { kind: 'exited', code } } }),
    taskDraft('LogClosed', step),
  ];
}

/** A journal and what is asked of its tasks, by number. */
async function listing(folder: JournalFolder, drafts: readonly EventDraft[]) {
  const opened = await folder.openTasks();
  await opened.journal.append(drafts, normal);
  const context = { ...opened, table: new LiveTable(opened.journal, opened.store) };
  const ask = async (parameters: Partial<ParametersOf<'list'>>): Promise<ResultOf<'list'>> =>
    await listTasks(context, { ...now, ...parameters }, { signal: new AbortController().signal });
  const ids = async (parameters: Partial<ParametersOf<'list'>>): Promise<readonly number[]> =>
    (await ask(parameters)).tasks.map(({ id }) => id);
  return { journal: opened.journal, ask, ids };
}

function after(seq: number): Moment {
  return { kind: 'event', seq };
}

test(`without all it is the running tasks and the ${endedListed} that ended last, whatever their numbers`, async () => {
  using folder = new JournalFolder();
  const count = endedListed + 3;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  // The first ones end last.
  const { ids } = await listing(folder, [
    ...numbers.map(submitted),
    ...numbers
      .slice(1)
      .toReversed()
      .flatMap((task) => ended(task, task % 2)),
  ]);
  expect(await ids({})).toEqual(numbers.slice(0, endedListed + 1));
  expect(await ids({ states: ['running'] })).toEqual([1]);
  expect(await ids({ states: ['failed'] })).toEqual(numbers.filter((task) => task > 1 && task % 2 === 1));
  expect(await ids({ states: ['lost'] })).toEqual([]);
  expect(await ids({ all: true })).toEqual(numbers);
  expect(await ids({ all: true, states: ['running', 'failed'] })).toEqual(numbers.filter((task) => task % 2 === 1));
  expect(await ids({ all: true, after: 30 })).toEqual(numbers.slice(30));
});

test('a hidden task is not listed, but stood in the table before it was hidden, under the name of then', async () => {
  using folder = new JournalFolder();
  const { ids, ask } = await listing(folder, [
    submitted(1),
    submitted(2),
    ...ended(1),
    ...ended(2),
    taskDraft('TaskRenamed', { task: 1, data: { requestId: 'rename', name: 'new name' } }),
    taskDraft('TaskForgotten', { task: 1 }),
  ]);
  expect(await ids({})).toEqual([2]);
  expect(await ids({ all: true })).toEqual([2]);
  for (const all of [true, false]) {
    expect(await ids({ all, at: after(8) })).toEqual([2]);
    expect((await ask({ all, at: after(7) })).tasks.map(({ id, name }) => [id, name])).toEqual([
      [1, 'new name'],
      [2, 'build'],
    ]);
    expect((await ask({ all, at: after(6) })).tasks.map(({ name }) => name)).toEqual(['build', 'build']);
    expect((await ask({ all, at: after(3) })).tasks.map(({ state }) => state)).toEqual(['exited', 'running']);
    expect(await ids({ all, at: after(1) })).toEqual([1]);
    expect(await ids({ all, at: after(3), states: ['running'] })).toEqual([2]);
  }
});

test('all that run, now or then, are told without a look at those that have ended', async () => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  await opened.journal.append([submitted(1), submitted(2), submitted(3), ...ended(1), ...ended(3)], normal);
  const looked: unknown[] = [];
  const store = new Proxy(opened.store, {
    get: (target, name) => {
      looked.push(name);
      return Reflect.get(target, name, target) as unknown;
    },
  });
  const context = { ...opened, store, table: new LiveTable(opened.journal, opened.store) };
  const running = async (at: Moment | null): Promise<readonly number[]> => {
    const parameters = { states: ['running'], all: true, at, after: 0 } as const;
    const { tasks } = await listTasks(context, parameters, { signal: new AbortController().signal });
    return tasks.map(({ id }) => id);
  };
  expect(await running(null)).toEqual([2]);
  expect(await running(after(3))).toEqual([1, 2, 3]);
  expect(await running(after(5))).toEqual([2, 3]);
  expect(looked).not.toContain('numbered');
});

test(`a page has ${listPageMax} tasks, and says where the next one begins only where there is one`, async () => {
  using folder = new JournalFolder();
  const { journal, ask } = await listing(
    folder,
    Array.from({ length: listPageMax }, (_, index) => submitted(index + 1)),
  );
  expect(await ask({ all: true })).toMatchObject({ next: null });
  await journal.append([submitted(listPageMax + 1)], normal);
  for (const all of [true, false]) {
    const first = await ask({ all });
    expect([first.tasks.length, first.next]).toEqual([listPageMax, listPageMax]);
    const second = await ask({ all, after: first.next ?? 0 });
    expect(second).toMatchObject({ tasks: [{ id: listPageMax + 1 }], next: null });
  }
});

test('who asked and has gone gets no answer', async () => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  await opened.journal.append([submitted(1)], normal);
  const context = { ...opened, table: new LiveTable(opened.journal, opened.store) };
  const signal = AbortSignal.abort(new Error('gone'));
  await expect(listTasks(context, { ...now, all: true }, { signal })).rejects.toThrow('gone');
});
