import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { type EnvironmentPair, type StoredPair, isWhole, redactedNames } from '../../src/journal/environments.ts';
import type { EventDraft, TaskId } from '../../src/journal/events.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { actor, taskDraft } from '../support/facts.ts';
import { JournalFolder } from './journal-folder.ts';

const secret = 'hunter2-c0ffee-5ec2e7';
const full = { durability: 'full' } as const;
let nextTask = 1;

async function submit(journal: Journal, environment: readonly EnvironmentPair[]): Promise<string> {
  const encoded = journal.environments.encode(environment);
  const task = nextTask++ as TaskId;
  const data = { requestId: `r${task}`, environmentHash: encoded.hash };
  await journal.append([taskDraft('TaskSubmitted', { task, data })], { ...full, environment: encoded });
  return encoded.hash;
}

function redact(journal: Journal, hash: string, name = 'API_TOKEN') {
  return journal.environments.redact({ hash, name, draft: draftOf(name) });
}

function draftOf(name: string) {
  return (environments: readonly string[]): EventDraft => ({
    type: 'EnvironmentRedacted',
    task: 1 as TaskId,
    actor,
    data: { requestId: `redact-${name}`, name, environments },
  });
}

/** The files of the folder in which the bytes stand. */
function filesWith(folder: JournalFolder, text: string): readonly string[] {
  return readdirSync(folder.path).filter((name) => readFileSync(join(folder.path, name), 'latin1').includes(text));
}

test('a redacted value is gone from every environment that has it, and from every byte on the disk', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const one = await submit(journal, [
    ['PATH', '/bin'],
    ['API_TOKEN', secret],
    ['N', '1'],
  ]);
  const other = await submit(journal, [['API_TOKEN', secret]]);
  const another = await submit(journal, [
    ['API_TOKEN', 'another value'],
    ['PATH', '/bin'],
  ]);
  expect(filesWith(folder, secret)).toEqual(['tasks.db-wal']);

  expect((await redact(journal, one))?.toSorted()).toEqual([one, other].toSorted());

  expect(filesWith(folder, secret)).toEqual([]);
  expect(journal.environments.read(one)).toEqual([
    ['PATH', '/bin'],
    ['API_TOKEN', { redacted: true }],
    ['N', '1'],
  ]);
  expect(journal.environments.read(other)).toEqual([['API_TOKEN', { redacted: true }]]);
  expect(journal.environments.read(another)).toEqual([
    ['API_TOKEN', 'another value'],
    ['PATH', '/bin'],
  ]);
  expect(await journal.environments.tasksWith([one, other])).toBe(2);
  const [event] = journal.read({ after: 3 });
  expect(event).toMatchObject({ type: 'EnvironmentRedacted', data: { name: 'API_TOKEN' } });
  // A value that is gone is looked after once more, and that is no event.
  expect(await redact(journal, one)).toEqual([]);
  expect(journal.lastSeq).toBe(4);
  journal[Symbol.dispose]();
  const again = await folder.open();
  expect(redactedNames(again.environments.read(one) ?? [])).toEqual(['API_TOKEN']);
  expect(filesWith(folder, secret)).toEqual([]);
});

test('the tasks that had a value are counted to the last, and others have their turn meanwhile', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const [one, other] = [journal.environments.encode([['N', '1']]), journal.environments.encode([['N', '2']])];
  const drafts = Array.from({ length: 1_501 }, (_, index) => {
    const environmentHash = index % 3 === 0 ? other.hash : one.hash;
    const data = { requestId: `many-${index}`, environmentHash };
    return taskDraft('TaskSubmitted', { task: index + 1, data });
  });
  await journal.append(drafts, { ...full, environment: one });
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  expect(await journal.environments.tasksWith([one.hash])).toBe(1_000);
  clearImmediate(timer);
  expect(turns).toBeGreaterThanOrEqual(3);
  expect(await journal.environments.tasksWith([other.hash])).toBe(501);
  expect(await journal.environments.tasksWith([one.hash, other.hash])).toBe(1_501);
  expect(await journal.environments.tasksWith(['0'.repeat(64)])).toBe(0);
});

test('values that are the same in another variable, a part of another one, or not the same stay', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const tricky = `["API_TOKEN","${secret}"]`;
  const kept: readonly EnvironmentPair[] = [
    ['OTHER', secret],
    ['X_API_TOKEN', secret],
    ['API_TOKEN', `${secret}x`],
    ['API_TOKEN_', secret],
    ['LIST', tricky],
  ];
  const hash = await submit(journal, [['API_TOKEN', secret]]);
  const other = await submit(journal, kept);
  expect(await redact(journal, hash)).toEqual([hash]);
  expect(journal.environments.read(other)).toEqual(kept);
});

test('bytes that are no text, quotes and a variable that is there twice go as well', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const bytes = Buffer.from([0xff, 0xfe, 0x68, 0x69]);
  const hash = await submit(journal, [
    ['RAW', bytes],
    ['QUOTE "\\', 'a "b" \\ \n é 👻'],
    ['TWICE', 'first value'],
    ['TWICE', 'second value'],
  ]);
  for (const name of ['RAW', 'QUOTE "\\', 'TWICE']) expect(await redact(journal, hash, name)).toEqual([hash]);
  const gone: StoredPair[1] = { redacted: true };
  expect(journal.environments.read(hash)?.map(([, value]) => value)).toEqual([gone, gone, gone, gone]);
  for (const text of [bytes.toString('base64'), '👻', 'first value', 'second value']) {
    expect(filesWith(folder, text)).toEqual([]);
  }
  expect(await redact(journal, hash, 'NOT_THERE')).toBeNull();
  expect(await redact(journal, '0'.repeat(64))).toBeNull();
});

test('the same environment given once more is stored anew, so that its task can be started', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const environment: readonly EnvironmentPair[] = [['API_TOKEN', secret]];
  const hashes: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const hash = await submit(journal, environment);
    expect(await submit(journal, environment)).toBe(hash);
    const stored = journal.environments.read(hash) ?? [];
    expect(isWhole(stored)).toBe(true);
    expect(stored).toEqual(environment);
    expect(hashes).not.toContain(hash);
    hashes.push(hash);
    expect(
      await journal.environments.redact({ hash, name: 'API_TOKEN', draft: draftOf(`API_TOKEN-${round}`) }),
    ).toEqual([hash]);
  }
  for (const hash of hashes) expect(redactedNames(journal.environments.read(hash) ?? [])).toEqual(['API_TOKEN']);
  expect(filesWith(folder, secret)).toEqual([]);
});

test('no copy stays behind in the gaps of pages that the tree was balanced with', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const hashes: string[] = [];
  for (let count = 0; count < 400; count += 1) {
    const padding = 'x'.repeat((count * 37) % 900);
    hashes.push(
      await submit(journal, [
        ['N', String(count)],
        ['API_TOKEN', secret],
        ['PADDING', padding],
      ]),
    );
  }
  expect(await redact(journal, hashes[0] ?? '')).toHaveLength(400);
  expect(filesWith(folder, secret)).toEqual([]);
  const stored = hashes.map((hash) =>
    journal.environments.read(hash)?.map(([name, value]) => (name === 'N' ? value : name)),
  );
  expect(stored).toEqual(hashes.map((_, count) => [String(count), 'API_TOKEN', 'PADDING']));
  expect((await folder.shell('PRAGMA integrity_check')).stdout).toBe('ok\n');
  expect((await folder.shell("SELECT name FROM sqlite_schema WHERE name LIKE 'environments%'")).stdout).toBe(
    'environments\n',
  );
});

test('the copies that were made before migrations lose it too', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const hash = await submit(journal, [['API_TOKEN', secret]]);
  const backup = join(folder.path, 'tasks.db.before-0001');
  const connection = new Database(folder.file, { readonly: true });
  await connection.backup(backup);
  connection.close();
  expect(filesWith(folder, secret)).toContain('tasks.db.before-0001');
  await redact(journal, hash);
  expect(filesWith(folder, secret)).toEqual([]);
  expect(readdirSync(folder.path).filter((name) => name.startsWith('tasks.db.before'))).toEqual([
    'tasks.db.before-0001',
  ]);
  const restored = new Database(backup, { readonly: true });
  expect(restored.prepare('SELECT entries FROM environments').pluck().all()).toEqual([
    '[["API_TOKEN",{"redacted":true}]]',
  ]);
  expect(restored.prepare('SELECT count(*) FROM events').pluck().get()).toBe(1);
  restored.close();
});

test('where a copy cannot be changed nothing is removed, and it is named', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const hash = await submit(journal, [['API_TOKEN', secret]]);
  const backup = join(folder.path, 'tasks.db.before-0001');
  writeFileSync(backup, 'no database at all');
  await expect(redact(journal, hash)).rejects.toMatchObject({
    code: 'journal-write-failed',
    message: expect.stringMatching(/in the backup .*tasks\.db\.before-0001 .*; nothing was removed$/) as string,
    hint: expect.stringContaining(`rm ${backup}`) as string,
  });
  expect(journal.environments.read(hash)).toEqual([['API_TOKEN', secret]]);
  expect(journal.lastSeq).toBe(1);
});

test('a program that reads the journal keeps the bytes from going, is told of, and they go when it has stopped', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const hash = await submit(journal, [['API_TOKEN', secret]]);
  const reader = new Database(folder.file, { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM environments').get();
  await expect(redact(journal, hash)).rejects.toMatchObject({
    code: 'journal-write-failed',
    message: expect.stringContaining('another program is reading') as string,
  });
  // It is recorded and no longer read, and asked again the bytes go.
  expect(redactedNames(journal.environments.read(hash) ?? [])).toEqual(['API_TOKEN']);
  expect(filesWith(folder, secret)).not.toEqual([]);
  reader.close();
  expect(await redact(journal, hash)).toEqual([]);
  expect(filesWith(folder, secret)).toEqual([]);
});
