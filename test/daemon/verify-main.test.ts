import { expect, test } from 'vitest';

import { howToGoOn, verifyFolder } from '../../src/daemon/verify-main.ts';
import type { VerifyResult } from '../../src/protocol/answers.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft } from '../support/facts.ts';

/** What the read models of migration 0002 note of how far they are folded. */
const readModels =
  'CREATE TABLE IF NOT EXISTS read_models (name TEXT PRIMARY KEY, version INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT, WITHOUT ROWID;';

async function verify(folder: JournalFolder): Promise<VerifyResult> {
  const steps = verifyFolder({ GHOST_HOME: folder.path });
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

async function folded(folder: JournalFolder, { seq }: { seq: number }): Promise<void> {
  const journal = await folder.open();
  await journal.append(
    Array.from({ length: 5 }, () => taskDraft('TaskAdopted')),
    { durability: 'full' },
  );
  journal[Symbol.dispose]();
  await folder.tamper(
    `${readModels} INSERT OR REPLACE INTO read_models SELECT 'tasks', 1, seq, hash FROM events WHERE seq = ${seq}`,
  );
}

test('a journal is checked without a daemon, and what the read models know of its end is taken into account', async () => {
  using folder = new JournalFolder();
  await folded(folder, { seq: 5 });
  expect(await verify(folder)).toMatchObject({ events: 5, damages: [] });
  await folder.tamper('DELETE FROM events WHERE seq > 3');
  expect((await verify(folder)).damages).toMatchObject([
    {
      kind: 'events-lost',
      seq: 4,
      message: 'the last 2 events are gone: 5 were recorded, and the journal ends after 3',
    },
  ]);
});

test('read models that are being folded anew are behind, and say nothing of what comes after', async () => {
  using folder = new JournalFolder();
  await folded(folder, { seq: 2 });
  expect(await verify(folder)).toMatchObject({ events: 5, damages: [] });
  await folder.tamper('DELETE FROM read_models');
  expect(await verify(folder)).toMatchObject({ events: 5, damages: [] });
});

test('where there is no journal that can be read it says so', async () => {
  using folder = new JournalFolder();
  await expect(verify(folder)).rejects.toMatchObject({ code: 'journal-unusable' });
  expect(howToGoOn({ GHOST_HOME: folder.path })).toMatch(/^ghost doctor --fix/);
});
