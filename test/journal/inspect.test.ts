import { expect, test } from 'vitest';

import { tailChecked } from '../../src/journal/chain-check.ts';
import { inspectJournal } from '../../src/journal/inspect.ts';
import { taskDraft } from '../support/facts.ts';
import { JournalFolder, migrationsFolder } from './journal-folder.ts';

const events = tailChecked + 6;
/** The last event whose own hash is not looked at when the journal is opened: the ones after it are chained to it. */
const before = events - tailChecked;

test.each([
  ['an event before the tail', `UPDATE events SET at = at + 1 WHERE seq = ${before}`, before, false],
  ['the hash that the tail is chained to', `UPDATE events SET hash = 'x' WHERE seq = ${before}`, before, true],
  ['the first event of the tail', `UPDATE events SET at = at + 1 WHERE seq = ${before + 1}`, before + 1, true],
  ['the last event', `UPDATE events SET at = at + 1 WHERE seq = ${events}`, events, true],
  ['one before the tail and one in it', `UPDATE events SET at = at + 1 WHERE seq IN (2, ${events})`, 2, true],
])('a look at a journal knows whether a daemon opens it: %s was changed', async (_what, sql, seq, refused) => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const drafts = Array.from({ length: events }, (_value, index) =>
    taskDraft('TaskSubmitted', { task: index + 1, data: { requestId: `r${index}` } }),
  );
  await journal.append(drafts, { durability: 'full' });
  journal[Symbol.dispose]();
  await folder.tamper(sql);
  const inspection = inspectJournal(folder.file, { migrationsFolder, onEvent: () => undefined });
  expect(inspection?.defect).toMatchObject({ kind: 'changed', seq, last: events, refused });
  const opening = folder.open().then(
    () => 'opened',
    () => 'refused',
  );
  expect(await opening).toBe(refused ? 'refused' : 'opened');
});
