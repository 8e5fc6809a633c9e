import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { Exclusive } from '../../src/daemon/exclusive.ts';
import { loadKernel } from '../../src/daemon/kernel.ts';
import { eventsAtOnce, finishRemovals } from '../../src/daemon/remove-output.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import type { TaskId } from '../../src/journal/events.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { daemonDraft, taskDraft, taskId } from '../support/facts.ts';
import { silentLog } from '../support/silent-log.ts';

const normal = { durability: 'normal' } as const;
const segment = 'stdout.0000.gz';

test('what a killed daemon has recorded and not removed is removed, however many events came since, and no more', async () => {
  using folder = new JournalFolder();
  const tasksFolder = join(folder.path, 'tasks');
  const { journal, store } = await folder.openTasks();
  /** A task whose only segment is pruned by an event at this place, and still lies there. */
  const addPruned = async (task: number): Promise<void> => {
    const life = (['TaskSubmitted', 'TaskSpawned', 'TaskStarted', 'LogSegmentSealed', 'LogSegmentPruned'] as const).map(
      (type) => taskDraft(type, { task, ...(type === 'TaskSubmitted' ? { data: { requestId: `run-${task}` } } : {}) }),
    );
    await journal.append(life, normal);
    mkdirSync(new TaskFolder(tasksFolder, taskId(task)).spool, { recursive: true });
    writeFileSync(join(tasksFolder, String(task), segment), 'x');
  };
  const fillTo = async (seq: number): Promise<void> => {
    const drafts = Array.from({ length: seq - journal.lastSeq }, () => taskDraft('PumpRestarted', { task: 1 }));
    await journal.append(drafts, normal);
  };
  await addPruned(1);
  await journal.append([daemonDraft('DaemonStopped')], normal);
  const stopped = journal.lastSeq;
  await addPruned(2);
  // The event is the last that is looked at in one go, and the first in the next.
  await fillTo(stopped + eventsAtOnce - 5);
  await addPruned(3);
  await fillTo(stopped + 2 * eventsAtOnce - 4);
  await addPruned(4);
  using table = new LiveTable(journal, store);
  const exclusive = new Exclusive<TaskId>();
  const context = { journal, table, kernel: loadKernel(), log: silentLog, tasksFolder, exclusive };
  expect(await finishRemovals(context)).toBe(3);
  const left = [1, 2, 3, 4].filter((task) => existsSync(join(tasksFolder, String(task), segment)));
  expect(left).toEqual([1]);
});
