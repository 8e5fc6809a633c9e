import { expect, test } from 'vitest';

import { watchEvents } from '../../src/daemon/watch-events.ts';
import { auditItemCharactersMax, watchBatchMax } from '../../src/protocol/limits.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft } from '../support/facts.ts';

test.each([
  [watchBatchMax, [watchBatchMax]],
  [watchBatchMax + 1, [watchBatchMax, 1]],
])('%i events that are there already come in batches of %j', async (count, batches) => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const drafts = Array.from({ length: count }, (_, index) =>
    taskDraft('TaskSubmitted', { task: index + 1, data: { requestId: `run-${index}` } }),
  );
  await journal.append(drafts, { durability: 'normal' });
  const controller = new AbortController();
  const lengths: number[] = [];
  let last = 0;
  for await (const batch of watchEvents(journal, { after: 0, signal: controller.signal })) {
    lengths.push(batch.length);
    expect(batch[0]?.seq).toBe(last + 1);
    last = batch.at(-1)?.seq ?? 0;
    if (last === count) break;
  }
  expect(lengths).toEqual(batches);
});

test.each([
  [auditItemCharactersMax, [1, 2]],
  [auditItemCharactersMax - 1, [2, 1]],
])(
  'an item ends with the event with which its command lines have as many characters as it takes: %i',
  async (size, batches) => {
    using folder = new JournalFolder();
    const journal = await folder.open();
    const commands = [['make', 'x'.repeat(size - 'make'.length)], ['y'], ['z']];
    const drafts = commands.map((command, index) =>
      taskDraft('TaskSubmitted', { task: index + 1, data: { command, requestId: `run-${index}` } }),
    );
    await journal.append(drafts, { durability: 'normal' });
    const lengths: number[] = [];
    for await (const batch of watchEvents(journal, { after: 0, signal: new AbortController().signal })) {
      lengths.push(batch.length);
      if (batch.at(-1)?.seq === commands.length) break;
    }
    expect(lengths).toEqual(batches);
  },
);
