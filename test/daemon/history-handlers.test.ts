import { expect, test } from 'vitest';

import { systemClock } from '../../src/clock.ts';
import { messageBytes } from '../../src/daemon/answer-page.ts';
import { createHistoryHandlers } from '../../src/daemon/history-handlers.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import type { Task } from '../../src/projections/task.ts';
import { itemBytesMax, pageBytesMax, statsRowsMax } from '../../src/protocol/limits.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { readAll } from '../protocol/served.ts';
import { actor, taskDraft } from '../support/facts.ts';

test('the read models are folded anew by one at a time, and by the next one when that one has done or gone', async () => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  const submitted = taskDraft('TaskSubmitted', { task: 1 });
  await opened.journal.append([submitted], { durability: 'normal' });
  const table = new LiveTable(opened.journal, opened.store);
  const { rebuild } = createHistoryHandlers({ ...opened, table, clock: systemClock() });
  const controller = new AbortController();
  const request = { actor: submitted.actor, signal: controller.signal };
  const first = rebuild({}, request);
  expect((await first.next()).done).toBe(false);
  await expect(rebuild({}, request).next()).rejects.toMatchObject({
    code: 'invalid-request',
    message: 'the read models are being folded anew already',
  });
  // Who was refused has not let the first one go.
  await expect(rebuild({}, request).next()).rejects.toMatchObject({ code: 'invalid-request' });
  for (let step = await first.next(); step.done !== true;) step = await first.next();
  const second = rebuild({}, request);
  expect((await second.next()).done).toBe(false);
  controller.abort(new Error('gone'));
  await expect(second.next()).rejects.toThrow('gone');
  const third = rebuild({}, { ...request, signal: new AbortController().signal });
  expect((await third.next()).done).toBe(false);
  await third.return({ events: 0, tasks: 0, differences: [] });
});

/** What is answered about a task for each of these command lines, the first of which is started first. */
async function asking(folder: JournalFolder, commands: readonly (readonly string[])[]) {
  const opened = await folder.openTasks();
  let task = 0;
  const start = async (command: readonly string[]): Promise<void> => {
    task += 1;
    const data = { command, requestId: `run-${task}` };
    await opened.journal.append([taskDraft('TaskSubmitted', { task, data })], { durability: 'normal' });
  };
  for (const command of commands) await start(command);
  const table = new LiveTable(opened.journal, opened.store);
  const handlers = createHistoryHandlers({ ...opened, table, clock: systemClock() });
  const request = { actor, signal: new AbortController().signal };
  return {
    start,
    stats: async () => await handlers.historyStats({ filter: { terms: [], forgotten: false } }, request),
    table: async (): Promise<readonly (readonly Task[])[]> =>
      (await readAll(handlers.table({ at: null, ended: 0 }, request))).items,
  };
}

test('statistics tell of so many command lines, the ones that ran most often or last, and count all', async () => {
  using folder = new JournalFolder();
  const lines = Array.from({ length: statsRowsMax }, (_, index) => [`run-${index}`]);
  const { start, stats } = await asking(folder, lines);
  const atMost = await stats();
  expect(atMost.commandsTotal).toBe(statsRowsMax);
  expect(atMost.commands.map(({ command }) => command)).toEqual(lines.toReversed());
  await start(['one more']);
  const over = await stats();
  expect(over.commandsTotal).toBe(statsRowsMax + 1);
  expect(over.commands.map(({ command }) => command)).toEqual([['one more'], ...lines.slice(1).toReversed()]);
});

test('statistics end where an answer is full, and not a byte before, but never with the first command line', async () => {
  using folder = new JournalFolder();
  const line = (bytes: number, mark: string): readonly string[] => [mark, 'x'.repeat(bytes)];
  const half = pageBytesMax / 2;
  const { start, stats } = await asking(folder, [line(half, 'a')]);
  const marks = async () => (await stats()).commands.map(({ command }) => command[0]);
  // How much more than its text one takes.
  const more = messageBytes((await stats()).commands[0] ?? {}) - half;
  await start(line(half - 2 * more, 'b'));
  expect(await marks()).toEqual(['b', 'a']);
  await start(line(half - more, 'c'));
  await start(line(half - more + 1, 'd'));
  expect(await marks()).toEqual(['d']);
  await start(line(half - more, 'e'));
  await start(line(half - more, 'f'));
  expect(await marks()).toEqual(['f', 'e']);
  await start(line(pageBytesMax, 'g'));
  expect(await marks()).toEqual(['g']);
  expect((await stats()).commandsTotal).toBe(7);
});

test('an item of the table holds as many tasks as its bytes allow, and not one byte more', async () => {
  using folder = new JournalFolder();
  const line = (bytes: number): readonly string[] => ['x'.repeat(bytes)];
  const half = itemBytesMax / 2;
  const { start, table } = await asking(folder, [line(half)]);
  const more = messageBytes((await table())[0]?.[0] ?? {}) - half;
  const ids = async () => (await table()).map((item) => item.map(({ id }) => id));
  await start(line(half - 2 * more));
  expect(await ids()).toEqual([[1, 2]]);
  for (const bytes of [half - more, half - more + 1, itemBytesMax, 1]) await start(line(bytes));
  expect(await ids()).toEqual([[1, 2], [3], [4], [5], [6]]);
});
