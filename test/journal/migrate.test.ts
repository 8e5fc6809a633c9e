import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { taskDraft } from '../support/facts.ts';
import { runProgram } from '../support/run-program.ts';
import { JournalFolder, migrationsFolder } from './journal-folder.ts';

const first = '0001-journal.sql';
const full = { durability: 'full' } as const;

/** The project's first migration and more of a test's own. */
function migrationsWith(folder: JournalFolder, more: Readonly<Record<string, string>>): string {
  const path = join(folder.path, 'migrations');
  mkdirSync(path);
  cpSync(join(migrationsFolder, first), join(path, first));
  for (const [name, sql] of Object.entries(more)) writeFileSync(join(path, name), sql);
  return path;
}

/** The journal as it began. */
function firstOf(folder: JournalFolder): string {
  const path = join(folder.path, 'first');
  mkdirSync(path);
  cpSync(join(migrationsFolder, first), join(path, first));
  return path;
}

async function names(folder: JournalFolder): Promise<readonly string[]> {
  return (await folder.shell('SELECT name FROM migrations ORDER BY name')).stdout.trim().split('\n');
}

test('each migration is recorded by its name, with when and by which ghost, and a new journal needs no backup', async () => {
  using folder = new JournalFolder();
  await folder.open({ version: '0.1.7' });
  const { stdout } = await folder.shell('SELECT name, ghost, at > 0 FROM migrations');
  expect(stdout).toBe(
    readdirSync(migrationsFolder)
      .toSorted()
      .map((name) => `${name}|0.1.7|1\n`)
      .join(''),
  );
  expect(readdirSync(folder.path).filter((name) => name.includes('before'))).toEqual([]);
});

test('a journal that has data is backed up before it is migrated, once, and the backup is whole', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open({ migrations: firstOf(folder) });
  await journal.append([taskDraft('TaskSubmitted')], full);
  journal[Symbol.dispose]();
  const migrations = migrationsWith(folder, {
    '0002-notes.sql': 'CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes SELECT type FROM events;',
    '0003-more.sql': 'ALTER TABLE notes ADD COLUMN more TEXT;',
    'README.md': 'not a migration',
  });
  // What a backup that a crash cut short has left.
  writeFileSync(`${folder.file}.before-0001.tmp`, 'half');
  const migrated = await folder.open({ migrations, version: '0.2.0' });
  expect(migrated.lastSeq).toBe(1);
  migrated[Symbol.dispose]();
  expect(await names(folder)).toEqual(['0001-journal.sql', '0002-notes.sql', '0003-more.sql']);
  expect((await folder.shell('SELECT * FROM notes')).stdout).toBe('TaskSubmitted|\n');
  const backup = `${folder.file}.before-0001`;
  const inBackup = await runProgram([
    'sqlite3',
    backup,
    'PRAGMA integrity_check; SELECT name FROM migrations; SELECT type FROM events',
  ]);
  expect(inBackup.stdout).toBe('ok\n0001-journal.sql\nTaskSubmitted\n');
  expect(existsSync(`${backup}.tmp`)).toBe(false);
  (await folder.open({ migrations }))[Symbol.dispose]();
  const backups = (): readonly string[] => readdirSync(folder.path).filter((name) => name.includes('before'));
  expect(backups()).toEqual(['tasks.db.before-0001']);
  // The next one takes its place: each is as large as the journal.
  writeFileSync(join(migrations, '0004-last.sql'), 'ALTER TABLE notes ADD COLUMN last TEXT;');
  (await folder.open({ migrations }))[Symbol.dispose]();
  expect(backups()).toEqual(['tasks.db.before-0003']);
});

test('a migration that fails leaves those before it and nothing of its own, and is done at the next opening', async () => {
  using folder = new JournalFolder();
  const broken = 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);';
  const migrations = migrationsWith(folder, { '0002-good.sql': 'CREATE TABLE good (x);', '0003-broken.sql': broken });
  await expect(folder.open({ migrations })).rejects.toMatchObject({
    code: 'journal-unusable',
    message: expect.stringContaining('no such table: nowhere') as string,
  });
  expect(await names(folder)).toEqual(['0001-journal.sql', '0002-good.sql']);
  expect((await folder.shell("SELECT name FROM sqlite_schema WHERE name IN ('good', 'half')")).stdout).toBe('good\n');
  writeFileSync(join(migrations, '0003-broken.sql'), 'CREATE TABLE half (x);');
  await folder.open({ migrations });
  expect(await names(folder)).toEqual(['0001-journal.sql', '0002-good.sql', '0003-broken.sql']);
});

test('a journal that a newer ghost has migrated is refused with its version and what to do, and is left alone', async () => {
  using folder = new JournalFolder();
  const migrations = migrationsWith(folder, { '0002-future.sql': 'CREATE TABLE future (x);' });
  const journal = await folder.open({ migrations, version: '9.0.0' });
  await journal.append([taskDraft('TaskSubmitted')], full);
  journal[Symbol.dispose]();
  const before = (await folder.shell('.dump')).stdout;
  await expect(folder.open({ version: '0.1.0', migrations: firstOf(folder) })).rejects.toMatchObject({
    code: 'journal-newer',
    message: `the journal ${folder.file} was written by ghost 9.0.0, which is newer than this 0.1.0`,
    hint: 'npm install -g ghost-journal@latest',
  });
  expect((await folder.shell('.dump')).stdout).toBe(before);
  expect(existsSync(`${folder.file}.before-0002`)).toBe(false);
});

test('migrations are done in the order of their numbers', async () => {
  using folder = new JournalFolder();
  const migrations = join(folder.path, 'own');
  mkdirSync(migrations);
  cpSync(join(migrationsFolder, '0001-journal.sql'), join(migrations, '0001-journal.sql'));
  writeFileSync(join(migrations, '0010-b.sql'), 'INSERT INTO steps VALUES (2);');
  writeFileSync(join(migrations, '0002-a.sql'), 'CREATE TABLE steps (n); INSERT INTO steps VALUES (1);');
  await folder.open({ migrations });
  expect((await folder.shell('SELECT n FROM steps')).stdout).toBe('1\n2\n');
});
