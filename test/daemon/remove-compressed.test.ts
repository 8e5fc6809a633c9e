import { join } from 'node:path';

import { expect, test } from 'vitest';

import { Exclusive } from '../../src/daemon/exclusive.ts';
import { loadKernel } from '../../src/daemon/kernel.ts';
import { removeOutput } from '../../src/daemon/remove-output.ts';
import type { Prune } from '../../src/daemon/retention-policy.ts';
import type { TaskId } from '../../src/journal/events.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { actor, taskDraft, taskId } from '../support/facts.ts';
import { silentLog } from '../support/silent-log.ts';

/** Takes a range away that was chosen in the spool, of which the first half has been compressed since. */
async function removed(reason: Prune['reason']): Promise<readonly Pick<Prune, 'from' | 'to' | 'file'>[]> {
  using folder = new JournalFolder();
  const { journal, store } = await folder.openTasks();
  using table = new LiveTable(journal, store);
  await journal.append(
    [
      taskDraft('TaskSubmitted'),
      taskDraft('TaskSpawned'),
      taskDraft('TaskStarted'),
      taskDraft('TaskExited'),
      taskDraft('LogClosed', { data: { stdoutBytes: 300, stderrBytes: 0 } }),
      taskDraft('LogSegmentSealed', { data: { index: 0, from: 0, to: 100, file: 'stdout.0000.gz' } }),
      taskDraft('LogSegmentSealed', { data: { index: 1, from: 100, to: 200, file: 'stdout.0001.gz' } }),
    ],
    { durability: 'normal' },
  );
  const tasksFolder = join(folder.path, 'tasks');
  const context = {
    journal,
    table,
    kernel: loadKernel(),
    log: silentLog,
    tasksFolder,
    exclusive: new Exclusive<TaskId>(),
  };
  const chosen = {
    task: taskId(1),
    stream: 'stdout',
    from: 100,
    to: 300,
    file: null,
    bytes: 200,
    age: 0,
    divisible: false,
    reason,
  } as const;
  return (await removeOutput(context, [chosen], { actor })).map(({ from, to, file }) => ({ from, to, file }));
}

test('what somebody asked to be taken away goes, though a part of it has been compressed since it was chosen', async () => {
  expect(await removed('request')).toEqual([
    { from: 100, to: 200, file: 'stdout.0001.gz' },
    { from: 200, to: 300, file: null },
  ]);
});

test('what a limit took stays where a part of it has been compressed since, because it takes less now', async () => {
  expect(await removed('total-limit')).toEqual([]);
});
