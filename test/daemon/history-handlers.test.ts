import { expect, test } from 'vitest';

import { systemClock } from '../../src/clock.ts';
import { createHistoryHandlers } from '../../src/daemon/history-handlers.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft } from '../support/facts.ts';

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
