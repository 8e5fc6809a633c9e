import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import { FactAlreadyRecorded } from '../../src/journal/append.ts';
import { encodeEnvironment } from '../../src/journal/environments.ts';
import { readBatchMax } from '../../src/journal/journal.ts';
import { daemonDraft, taskDraft, taskId } from '../support/facts.ts';
import { runProgram } from '../support/run-program.ts';
import { JournalFolder } from './journal-folder.ts';

const full = { durability: 'full' } as const;
const normal = { durability: 'normal' } as const;

test('what is appended can be read, in order and without gaps, also after the journal was opened again', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const first = await journal.append([daemonDraft('DaemonStarted'), taskDraft('TaskSubmitted')], full);
  const second = await journal.append([taskDraft('TaskSpawned')], normal);
  expect([...first, ...second].map(({ seq, type }) => [seq, type])).toEqual([
    [1, 'DaemonStarted'],
    [2, 'TaskSubmitted'],
    [3, 'TaskSpawned'],
  ]);
  expect(first[1]).toMatchObject({ ...taskDraft('TaskSubmitted'), at: (first[0]?.at ?? 0) + 1000 });
  expect(journal.read({ after: 0 })).toEqual([...first, ...second]);
  expect(journal.read({ after: 2 })).toEqual(second);
  expect(journal.read({ after: 3 })).toEqual([]);
  journal[Symbol.dispose]();

  const again = await folder.open();
  expect(again.lastSeq).toBe(3);
  expect(again.read({ after: 0 })).toEqual([...first, ...second]);
  const [fourth] = await again.append([taskDraft('TaskStarted')], full);
  expect(fourth?.seq).toBe(4);
});

test('each hash is the SHA-256 of the one before and everything in the row, as anybody can compute it', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append(
    [daemonDraft('DaemonStarted'), taskDraft('TaskSubmitted', { data: { name: 'bäckup 👻' } })],
    full,
  );
  await journal.append([taskDraft('TaskSpawned'), taskDraft('TaskStarted')], normal);
  // Without any of ghost's code: the sqlite3 shell says what is there, in JSON.
  const { stdout } = await runProgram(['sqlite3', '-json', folder.file, 'SELECT * FROM events ORDER BY seq']);
  const rows = JSON.parse(stdout) as readonly Record<string, string | number | null>[];
  expect(rows).toHaveLength(4);
  let previous = '0'.repeat(64);
  for (const row of rows) {
    const facts = ['seq', 'at', 'type', 'task', 'v', 'actor', 'data'].map((column) => row[column]);
    previous = hash('sha256', JSON.stringify([previous, ...facts]), 'hex');
    expect(row['hash']).toBe(previous);
  }
});

test('a fact that can happen once is refused the second time, and takes its whole batch and nothing else with it', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append([taskDraft('TaskSubmitted')], full);
  // All of one turn of the event loop, and so of one transaction.
  const [before, refused, after, unrelated] = await Promise.allSettled([
    journal.append([taskDraft('TaskSpawned')], full),
    journal.append([taskDraft('TaskAdopted'), taskDraft('TaskSubmitted'), taskDraft('TaskOrphaned')], full),
    journal.append([taskDraft('TaskStarted')], normal),
    // The key that comes first in the same turn wins.
    journal.append([taskDraft('TaskSpawned'), taskDraft('PumpRestarted')], normal),
  ]);
  expect([before.status, after.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(refused).toMatchObject({ status: 'rejected', reason: { key: 'request:request-1' } });
  expect(unrelated).toMatchObject({ status: 'rejected', reason: { key: 'TaskSpawned:1:1' } });
  expect(refused.status === 'rejected' && refused.reason).toBeInstanceOf(FactAlreadyRecorded);
  expect(journal.read({ after: 0 }).map(({ type }) => type)).toEqual(['TaskSubmitted', 'TaskSpawned', 'TaskStarted']);
});

test('a batch that holds the same fact twice is refused alone', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const [good, twice] = await Promise.allSettled([
    journal.append([taskDraft('TaskSubmitted')], full),
    journal.append([taskDraft('TaskSpawned'), taskDraft('TaskSpawned')], full),
  ]);
  expect(good.status).toBe('fulfilled');
  expect(twice).toMatchObject({ status: 'rejected', reason: { name: 'FactAlreadyRecorded', key: 'TaskSpawned:1:1' } });
  expect(journal.lastSeq).toBe(1);
});

test('only one end of a task is recorded, whatever its kind', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append([taskDraft('TaskLost')], full);
  for (const type of ['TaskExited', 'TaskStartFailed', 'TaskLost'] as const) {
    await expect(journal.append([taskDraft(type)], full)).rejects.toMatchObject({ key: 'end:1' });
  }
  await expect(journal.append([taskDraft('TaskExited', { task: 2 })], full)).resolves.toHaveLength(1);
});

test('listeners are told of a commit before the promise is kept, once a turn, and not where nothing was added', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const order: string[] = [];
  const stop = journal.onCommit(() => order.push(`told of ${journal.read({ after: 0 }).length}`));
  const kept = (name: string) => () => order.push(name);
  await Promise.all([
    journal.append([taskDraft('TaskSubmitted')], full).then(kept('first')),
    journal.append([taskDraft('TaskSpawned')], full).then(kept('second')),
  ]);
  expect(order).toEqual(['told of 2', 'first', 'second']);
  await expect(journal.append([taskDraft('TaskSpawned')], full)).rejects.toBeInstanceOf(FactAlreadyRecorded);
  expect(order).toHaveLength(3);
  stop();
  await journal.append([taskDraft('TaskStarted')], full);
  expect(order).toHaveLength(3);
});

test('reads see what is committed and nothing that waits', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const appended = journal.append([taskDraft('TaskSubmitted')], full);
  expect(journal.read({ after: 0 })).toEqual([]);
  expect(journal.lastSeq).toBe(0);
  expect(journal.findOnce('request:request-1')).toBeNull();
  journal.flush();
  expect(journal.read({ after: 0 })).toEqual(await appended);
});

test('what waits when the journal is closed is committed', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const appended = journal.append([taskDraft('TaskSubmitted')], normal);
  journal[Symbol.dispose]();
  await expect(appended).resolves.toHaveLength(1);
  expect((await folder.open()).lastSeq).toBe(1);
});

test('events can be asked for by task, by fact and by daemon', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  expect([journal.lastTask(), journal.lastDaemonEvent(), journal.findOnce('end:1')]).toEqual([0, null, null]);
  const drafts = [
    daemonDraft('DaemonStarted'),
    taskDraft('TaskSubmitted', { task: 7 }),
    taskDraft('TaskSubmitted', { task: 3, data: { requestId: 'request-9' } }),
    daemonDraft('PeerRefused'),
    taskDraft('TaskExited', { task: 7 }),
  ];
  await journal.append(drafts, full);
  expect(journal.lastTask()).toBe(7);
  expect(journal.readTask(taskId(7)).map(({ seq }) => seq)).toEqual([2, 5]);
  expect(journal.readTask(taskId(4))).toEqual([]);
  expect(journal.findOnce('request:request-9')).toMatchObject({ seq: 3, task: 3 });
  expect(journal.findOnce('end:7')).toMatchObject({ seq: 5 });
  // A refused peer says nothing about how the daemon before ended.
  expect(journal.lastDaemonEvent()).toMatchObject({ seq: 1, type: 'DaemonStarted' });
  await journal.append([daemonDraft('DaemonStopped')], full);
  expect(journal.lastDaemonEvent()).toMatchObject({ type: 'DaemonStopped' });
});

test('a long past is read in batches that join without a gap', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const drafts = Array.from({ length: 2 * readBatchMax + 1 }, () => taskDraft('TaskAdopted'));
  await journal.append(drafts, normal);
  const sizes: number[] = [];
  for (let after = 0; after < journal.lastSeq; after += sizes.at(-1) ?? 0) {
    const batch = journal.read({ after });
    expect(batch[0]?.seq).toBe(after + 1);
    sizes.push(batch.length);
  }
  expect(sizes).toEqual([readBatchMax, readBatchMax, 1]);
  expect(journal.read({ after: readBatchMax + 1 })).toHaveLength(readBatchMax);
});

test('an environment is stored once under its hash, its order and bytes that are not UTF-8 kept', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const bytes = Buffer.from([0x66, 0xff, 0xfe, 0x0a, 0x80]);
  const encoded = encodeEnvironment([
    ['PATH', '/bin'],
    ['EMPTY', ''],
    ['GHOST', 'ünï\n"=👻'],
    ['RAW', bytes],
    ['A-B', '{"base64":"no"}'],
  ]);
  await Promise.all(
    [1, 2].map((task) =>
      journal.append([taskDraft('TaskSubmitted', { task, data: { requestId: `r${task}` } })], {
        ...full,
        environment: encoded,
      }),
    ),
  );
  const stored = journal.environments.read(encoded.hash) ?? [];
  expect(stored.map(([name]) => name)).toEqual(['PATH', 'EMPTY', 'GHOST', 'RAW', 'A-B']);
  expect(stored.slice(0, 3).map(([, value]) => value)).toEqual(['/bin', '', 'ünï\n"=👻']);
  expect(stored[3]?.[1]).toEqual(bytes);
  expect(stored[4]?.[1]).toBe('{"base64":"no"}');
  expect((await folder.shell('SELECT count(*) FROM environments')).stdout).toBe('1\n');
  expect(journal.environments.read('0'.repeat(64))).toBeNull();
});

test('an environment whose batch is refused is not left in the store', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append([taskDraft('TaskSubmitted')], full);
  const environment = encodeEnvironment([['SECRET', 'x']]);
  await expect(journal.append([taskDraft('TaskSubmitted')], { ...full, environment })).rejects.toThrow();
  expect(journal.environments.read(environment.hash)).toBeNull();
});

test('what the journal takes on the disk is its file and its write-ahead log', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append([taskDraft('TaskSubmitted')], full);
  expect(journal.bytes).toBe(readFileSync(folder.file).length + readFileSync(`${folder.file}-wal`).length);
});

test('a file that is no database is told with what to do', async () => {
  using folder = new JournalFolder();
  writeFileSync(folder.file, 'not a database at all, but long enough to be looked at. '.repeat(200));
  const error = await folder.open().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GhostError);
  expect(error).toMatchObject({
    code: 'journal-unusable',
    message: `${folder.file} is not an SQLite database`,
    hint: expect.stringContaining('ghost doctor --fix') as string,
  });
});
