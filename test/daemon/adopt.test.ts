import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { repairOrders, unsyncedUsMax } from '../../src/daemon/adopt.ts';
import { orderRecordBytes } from '../../src/daemon/order-index.ts';
import { linuxProcessTable } from '../../src/daemon/process-table.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import type { TaskId } from '../../src/journal/events.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { microseconds, noon, taskDraft, taskId } from '../support/facts.ts';
import { silentLog } from '../support/silent-log.ts';

test('after the machine went down what ended shortly before the last task may be there in part, and no more', async () => {
  using folder = new JournalFolder();
  const { journal, store } = await folder.openTasks();
  const folderOf = (id: TaskId): TaskFolder => new TaskFolder(join(folder.path, 'tasks'), id);
  // The last task, one that ended as long before it as can matter, and one a microsecond earlier.
  for (const [index, agoUs] of [unsyncedUsMax + 1, unsyncedUsMax, 0].entries()) {
    const task = index + 1;
    const endedAt = microseconds(noon - agoUs);
    await journal.append(
      [
        taskDraft('TaskSubmitted', { task, data: { requestId: `run-${task}` } }),
        taskDraft('TaskSpawned', { task }),
        taskDraft('TaskStarted', { task }),
        taskDraft('TaskExited', { task, data: { endedAt } }),
        taskDraft('LogClosed', { task }),
      ],
      { durability: 'normal' },
    );
    folderOf(taskId(task)).create();
    // Zeros tell of nothing: a disk that was cut off has them where nothing was written yet.
    writeFileSync(folderOf(taskId(task)).order, Buffer.alloc(orderRecordBytes), { mode: 0o600 });
  }
  const processes = { ...linuxProcessTable(), bootId: 'another-boot' };
  repairOrders({ store, processes, log: silentLog }, { folder: folderOf });
  expect([1, 2, 3].map((task) => statSync(folderOf(taskId(task)).order).size)).toEqual([orderRecordBytes, 0, 0]);
});
