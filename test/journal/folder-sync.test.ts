import { join } from 'node:path';

import { expect, test } from 'vitest';

import { type DiskOperation, isWithin, readTrace, straceOptions } from '../support/disk-trace.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { JournalFolder } from './journal-folder.ts';

/** What a program does to the names of a journal's folder, and when it brings them to the disk. */
async function namesTouched(folder: JournalFolder, program: string): Promise<readonly string[]> {
  const trace = join(folder.path, 'trace');
  const imports = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { putInPlace } from '${root}/src/journal/put-in-place.ts';
    import { openDatabase } from '${root}/src/journal/database.ts';
    import { migrate } from '${root}/src/journal/migrate.ts';`;
  const node = [process.execPath, '--input-type=module', '-e', `${imports}${program}`];
  const { status, stderr } = await runProgram(['strace', ...straceOptions(trace), ...node], { cwd: root });
  if (status !== 0) throw new Error(stderr);
  const operations = readTrace(trace, { isOfInterest: (path) => isWithin(folder.path, path) });
  return operations.flatMap((operation) => namesIn(operation, folder));
}

function namesIn(operation: DiskOperation, folder: JournalFolder): readonly string[] {
  const name = operation.path.slice(folder.path.length + 1);
  if (operation.kind === 'unlink') return [`${name} goes`];
  if (operation.kind === 'rename') return [`${name} becomes ${operation.to.slice(folder.path.length + 1)}`];
  if (operation.kind === 'sync-done' && name === '') return ['the folder is on the disk'];
  return [];
}

test('a restored journal takes its place when the old write-ahead log is gone from the disk', async () => {
  using folder = new JournalFolder();
  const touched = await namesTouched(
    folder,
    `for (const end of ['', '-wal', '.written']) writeFileSync('${folder.file}' + end, 'x');
     putInPlace('${folder.file}', { written: '${folder.file}.written', onStep: () => undefined });`,
  );
  expect(touched).toEqual([
    'tasks.db.written becomes tasks.db.restored',
    'the folder is on the disk',
    'tasks.db-wal goes',
    'the folder is on the disk',
    'tasks.db.restored becomes tasks.db',
    'the folder is on the disk',
  ]);
});

test('the backup of before goes when the new one is on the disk', async () => {
  using folder = new JournalFolder();
  const touched = await namesTouched(
    folder,
    `writeFileSync('${folder.file}.before-0000', 'old');
     const database = openDatabase('${folder.file}');
     database.exec('CREATE TABLE migrations (name TEXT PRIMARY KEY, at INTEGER NOT NULL, ghost TEXT NOT NULL) STRICT');
     database.exec(readFileSync('${root}/migrations/0001-journal.sql', 'utf8'));
     database.prepare('INSERT INTO migrations VALUES (?, 1, ?)').run('0001-journal.sql', 'test');
     await migrate(database, { folder: '${root}/migrations', now: () => 1, ghostVersion: 'test' });`,
  );
  const about = touched.filter((what) => /before-|folder/.test(what));
  expect(about.slice(about.indexOf('tasks.db.before-0001.tmp becomes tasks.db.before-0001'))).toEqual([
    'tasks.db.before-0001.tmp becomes tasks.db.before-0001',
    'the folder is on the disk',
    'tasks.db.before-0000 goes',
  ]);
});
