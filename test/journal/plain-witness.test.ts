import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { encodeEvent, genesisHash } from '../../src/journal/codec.ts';
import type { EventDraft, SequenceNumber } from '../../src/journal/events.ts';
import { onceKey } from '../../src/journal/once-key.ts';
import { prepareStatements } from '../../src/journal/statements.ts';
import { actor, noon, sampleData, taskId } from '../support/facts.ts';
import { readPlainJournal } from '../support/plain-journal.ts';
import { JournalFolder } from './journal-folder.ts';

/** What can happen only once, by the journal itself: each event twice, the second a little different where it can be. */
const doubled = Object.entries(sampleData).flatMap(([type, data]) => {
  const first = { type, task: taskId(1), actor, data } as EventDraft;
  if (onceKey(first) === null) return [];
  const second = { ...first, data: 'index' in data ? { ...data, index: data.index + 1 } : data } as EventDraft;
  return [{ type, pair: [first, second] }];
});

test('the witness that knows nothing of ghost sees each fact that is recorded twice', async () => {
  expect(doubled.length).toBeGreaterThan(10);
  using folder = new JournalFolder();
  const journal = await folder.open();
  journal[Symbol.dispose]();
  const database = new Database(folder.file);
  const { insert } = prepareStatements(database);
  let previousHash = genesisHash;
  for (const [index, draft] of doubled.flatMap(({ pair }) => pair).entries()) {
    const row = encodeEvent(draft, { seq: (index + 1) as SequenceNumber, at: noon, previousHash });
    // As a ghost would that has forgotten the key of what happens once.
    insert.run(...row, null);
    [, , , , , , , previousHash] = row;
  }
  database.close();
  const { complaints } = readPlainJournal(folder.path);
  const unseen = doubled.filter(
    (_, index) => !complaints.some((complaint) => complaint.startsWith(`event ${2 * index + 2} tells once more`)),
  );
  expect(unseen.map(({ type }) => type)).toEqual([]);
});
