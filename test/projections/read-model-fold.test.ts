import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openDatabase } from '../../src/journal/database.ts';
import { ReadModelFold, readModelTables } from '../../src/projections/read-model-fold.ts';
import { TaskStore } from '../../src/projections/task-store.ts';
import { JournalFolder, migrationsFolder } from '../journal/journal-folder.ts';
import { committed, taskDraft } from '../support/facts.ts';
import { dumpReadModels } from '../support/read-model-dump.ts';

const normal = { durability: 'normal' } as const;
const events = committed([
  taskDraft('TaskSubmitted'),
  taskDraft('TaskSpawned'),
  taskDraft('TaskStarted'),
  taskDraft('TaskExited'),
  taskDraft('LogClosed'),
  taskDraft('TaskRenamed'),
  taskDraft('LogSegmentSealed'),
]);

function scratch(folder: JournalFolder, name: string) {
  const path = join(folder.path, name);
  const database = openDatabase(path);
  for (const file of ['0001-journal.sql', '0002-read-models.sql']) {
    database.exec(readFileSync(join(migrationsFolder, file), 'utf8'));
  }
  return {
    path,
    database,
    fold: new ReadModelFold(database, { snapshotAfter: () => 2 }),
    store: new TaskStore(database),
  };
}

test('a transaction that is undone leaves nothing in the fold, whatever was in it', () => {
  using folder = new JournalFolder();
  const straight = scratch(folder, 'straight.db');
  const shaken = scratch(folder, 'shaken.db');
  for (const event of events) {
    straight.database.transaction(() => straight.fold.fold([event]))();
    const undone = shaken.database.transaction(() => {
      shaken.fold.fold(events.filter(({ seq }) => seq >= event.seq));
      throw new Error('the disk is full');
    });
    expect(undone).toThrow('the disk is full');
    shaken.fold.rolledBack();
    shaken.database.transaction(() => shaken.fold.fold([event]))();
    expect(shaken.fold.seq).toBe(straight.fold.seq);
    expect(shaken.store.get(event.task ?? (0 as never))).toEqual(straight.store.get(event.task ?? (0 as never)));
  }
  straight.database.close();
  shaken.database.close();
  expect(dumpReadModels(shaken.path)).toEqual(dumpReadModels(straight.path));
});

test('a task is written once for each transaction, however much happened to it', () => {
  using folder = new JournalFolder();
  const { database, fold } = scratch(folder, 'writes.db');
  database.exec(`CREATE TABLE writes (id INTEGER);
    CREATE TRIGGER written AFTER INSERT ON task_states BEGIN INSERT INTO writes VALUES (NEW.id); END`);
  database.transaction(() => fold.fold(events))();
  expect(database.prepare('SELECT count(*) FROM writes').pluck().get()).toBe(1);
  database.close();
});

test('a journal whose last events were removed is refused, and the event that is missing is named', async () => {
  using folder = new JournalFolder();
  const { journal } = await folder.openTasks();
  await journal.append([taskDraft('TaskSubmitted'), taskDraft('TaskSpawned'), taskDraft('TaskStarted')], normal);
  journal[Symbol.dispose]();
  await folder.tamper('DELETE FROM events WHERE seq = 3');
  await expect(folder.openTasks()).rejects.toMatchObject({
    code: 'journal-unusable',
    message: "the end of the journal was removed behind ghost's back: event 3 is known, and gone",
  });
});

test('a past that is folded in the midst of a crash is folded on from where that was', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const drafts = Array.from({ length: 5_000 }, (_, index) =>
    taskDraft('TaskSubmitted', { task: index + 1, data: { requestId: `run-${index}` } }),
  );
  await journal.append(drafts, normal);
  journal[Symbol.dispose]();
  let chunks = 0;
  const onChunk = (): void => {
    chunks += 1;
    if (chunks === 2) throw new Error('killed');
  };
  await expect(folder.openTasks({ fold: { onChunk } })).rejects.toThrow('killed');
  const { store } = await folder.openTasks({ fold: { onChunk } });
  expect(chunks).toBe(3);
  expect(store.counter('tasks')).toBe(5_000);
  expect(store.position().seq).toBe(5_000);
});

test('every table of a journal is one of facts or one that is folded, compared and replaced', async () => {
  using folder = new JournalFolder();
  (await folder.openTasks()).journal[Symbol.dispose]();
  const facts = ['events', 'environments', 'migrations'];
  const { stdout } = await folder.shell(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'task_search%'",
  );
  expect(stdout.trim().split('\n').toSorted()).toEqual([...facts, ...readModelTables].toSorted());
});
