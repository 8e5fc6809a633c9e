import { join } from 'node:path';

import { expect, test } from 'vitest';

import { Exclusive } from '../../src/daemon/exclusive.ts';
import { loadKernel } from '../../src/daemon/kernel.ts';
import { pruneOutput } from '../../src/daemon/prune.ts';
import { Retention } from '../../src/daemon/retention.ts';
import type { TaskId } from '../../src/journal/events.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { pruneListMax } from '../../src/protocol/limits.ts';
import { defaultSettings } from '../../src/settings.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { actor, taskDraft } from '../support/facts.ts';
import { silentLog } from '../support/silent-log.ts';

/** A task that has ended, with one block of output that was not compressed and nothing beside it. */
function ended(task: number) {
  return [
    taskDraft('TaskSubmitted', { task, data: { requestId: `run-${task}` } }),
    taskDraft('TaskExited', { task }),
    taskDraft('LogClosed', { task, data: { stdoutBytes: 4096, stderrBytes: 0, besideBytes: 0 } }),
  ];
}

test('an answer tells of so many tasks one by one, by number, and of all of them in its sums', async () => {
  using folder = new JournalFolder();
  const { journal, store } = await folder.openTasks();
  using table = new LiveTable(journal, store);
  const common = { journal, store, table, tasksFolder: join(folder.path, 'tasks'), log: silentLog };
  await using retention = new Retention({
    ...common,
    kernel: loadKernel(),
    exclusive: new Exclusive<TaskId>(),
    settings: defaultSettings,
    holes: true,
    self: { ...actor, kind: 'daemon' },
  });
  // The first ones end last: what is listed goes by number all the same.
  const numbers = Array.from({ length: pruneListMax }, (_, index) => pruneListMax - index);
  await journal.append(numbers.flatMap(ended), { durability: 'normal' });
  const all = { endedBefore: null, keepTasks: 0, maxBytes: null, tasks: null, forget: true };
  const wouldGo = async () =>
    await pruneOutput(
      { ...common, retention },
      { ...all, requestId: 'prune-1', dryRun: true },
      { actor, signal: new AbortController().signal },
    );
  const listed = numbers.toReversed();
  const atMost = await wouldGo();
  expect(atMost).toEqual({
    tasks: listed.map((id) => ({ id, bytes: 4096 })),
    tasksTotal: pruneListMax,
    bytes: pruneListMax * 4096,
    forgotten: listed,
    forgottenTotal: pruneListMax,
  });
  await journal.append(ended(pruneListMax + 1), { durability: 'normal' });
  expect(await wouldGo()).toEqual({
    ...atMost,
    tasksTotal: pruneListMax + 1,
    bytes: (pruneListMax + 1) * 4096,
    forgottenTotal: pruneListMax + 1,
  });
});
