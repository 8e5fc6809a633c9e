import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { floorBytesMax, limitsOf } from '../../src/daemon/retention.ts';
import { StoredOutput, newestKeptBytes } from '../../src/daemon/stored-output.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { blockBytes } from '../../src/projections/stored-bytes.ts';
import { defaultSettings } from '../../src/settings.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft, taskId } from '../support/facts.ts';

test('of a stream that is still written all but the newest part may go, in whole blocks', async () => {
  using folder = new JournalFolder();
  const { journal, store } = await folder.openTasks();
  const tasksFolder = join(folder.path, 'tasks');
  const task = new TaskFolder(tasksFolder, taskId(1));
  task.create();
  const spool = task.stream('stdout');
  writeFileSync(spool, '');
  const life = (['TaskSubmitted', 'TaskSpawned', 'TaskStarted'] as const).map((type) => taskDraft(type));
  await journal.append(life, { durability: 'normal' });
  using table = new LiveTable(journal, store);
  const output = new StoredOutput({ journal, table, store, tasksFolder });
  const mayGo = (size: number): readonly (readonly [number, number])[] => {
    truncateSync(spool, size);
    return [...output.outputOf(taskId(1)).pieces].map(({ from, to }) => [from, to] as const);
  };
  expect(mayGo(newestKeptBytes)).toEqual([]);
  expect(mayGo(newestKeptBytes + blockBytes - 1)).toEqual([]);
  expect(mayGo(newestKeptBytes + blockBytes)).toEqual([[0, blockBytes]]);
  expect(mayGo(newestKeptBytes + 2 * blockBytes - 1)).toEqual([[0, blockBytes]]);
});

test('what stays of all output on a full disk is a hundredth of it, or so much where that is more', () => {
  const floorOf = (totalBytes: number): number => limitsOf(defaultSettings, { totalBytes }).floorBytes;
  const most = 100 * floorBytesMax;
  expect([floorOf(most - 100), floorOf(most), floorOf(most + 100)]).toEqual([
    floorBytesMax - 1,
    floorBytesMax,
    floorBytesMax,
  ]);
});
