import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import type { GhostError } from '../../src/ghost-error.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft, taskId } from '../support/facts.ts';
import { tamperWith } from '../support/read-model-dump.ts';

const normal = { durability: 'normal' } as const;

/** A journal whose read models are to be folded anew, as those of another version are. */
async function withOldReadModels(folder: JournalFolder): Promise<void> {
  const { journal } = await folder.openTasks();
  await journal.append([taskDraft('TaskSubmitted')], normal);
  journal[Symbol.dispose]();
  tamperWith(folder.file, 'UPDATE read_models SET version = 0');
}

test('where the disk was full while the past was folded, and room was made, the read models are of the second try', async () => {
  using folder = new JournalFolder();
  await withOldReadModels(folder);
  let full = true;
  let asked = 0;
  const { journal, store, rebuild } = await folder.openTasks({
    fold: {
      onChunk: () => {
        if (full) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
      },
    },
    onFull: () => {
      asked += 1;
      full = false;
      return true;
    },
  });
  expect(asked).toBe(1);
  expect(store.get(taskId(1))).toMatchObject({ id: 1, status: { kind: 'submitted' } });
  await journal.append([taskDraft('TaskSpawned'), taskDraft('TaskStarted')], normal);
  expect(store.get(taskId(1))).toMatchObject({ status: { kind: 'running' } });
  expect([...rebuild({ differencesMax: 1 })].at(-1)).toMatchObject({ events: 3, eventsTotal: 3 });
});

test('where nobody makes room it is said that the disk is full, and how to go on', async () => {
  using folder = new JournalFolder();
  await withOldReadModels(folder);
  const opening = folder.openTasks({
    fold: {
      onChunk: () => {
        throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
      },
    },
  });
  await expect(opening).rejects.toMatchObject({
    code: 'journal-unusable',
    message: `the disk is full: ${folder.file} cannot be opened`,
    hint: expect.stringContaining('make room') as string,
  } satisfies Partial<GhostError>);
});
