import { expect, test } from 'vitest';

import { blockBytes, largeOutputBytes } from '../../src/projections/stored-bytes.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft } from '../support/facts.ts';

test('the tasks with more output than so much are the same on either side of what counts as large', async () => {
  using folder = new JournalFolder();
  const { journal, store } = await folder.openTasks();
  const sizes = [-1, 0, 1].map((blocks) => largeOutputBytes + blocks * blockBytes);
  for (const [index, stdoutBytes] of sizes.entries()) {
    const task = index + 1;
    const log = { stdoutBytes, stderrBytes: 0, besideBytes: 0 };
    await journal.append(
      [
        taskDraft('TaskSubmitted', { task, data: { requestId: `run-${task}` } }),
        taskDraft('TaskExited', { task }),
        taskDraft('LogClosed', { task, data: log }),
      ],
      { durability: 'normal' },
    );
  }
  const over = (bytes: number): readonly number[] =>
    [...store.withOutputOver(bytes)].toSorted((one, other) => one - other);
  for (const size of sizes) {
    for (const bytes of [size - 1, size]) {
      expect(over(bytes)).toEqual([1, 2, 3].filter((task) => (sizes[task - 1] ?? 0) > bytes));
    }
  }
});
