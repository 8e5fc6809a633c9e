import { expect, test } from 'vitest';

import { chainHash } from '../../src/journal/codec.ts';
import { daemonDraft, taskDraft } from '../support/facts.ts';
import { JournalFolder } from './journal-folder.ts';

const full = { durability: 'full' } as const;

async function withFourEvents(folder: JournalFolder): Promise<void> {
  const journal = await folder.open();
  await journal.append([daemonDraft('DaemonStarted'), taskDraft('TaskSubmitted')], full);
  await journal.append([taskDraft('TaskSpawned'), taskDraft('TaskStarted')], full);
  journal[Symbol.dispose]();
}

const row = (seq: number, once: string): string =>
  `(${seq}, 1, 'TaskAdopted', 1, 1, '{}', '{}', ${once}, '${'0'.repeat(64)}')`;

test.each([
  ['changed', "UPDATE events SET data = '{}' WHERE seq = 2", /never changed/],
  ['changed to what it was', 'UPDATE events SET at = at', /never changed/],
  ['deleted', 'DELETE FROM events WHERE seq = 4', /never deleted/],
  ['deleted all at once', 'DELETE FROM events', /never deleted/],
  ['replaced by its place', `INSERT OR REPLACE INTO events VALUES ${row(4, 'NULL')}`, /goes to the end/],
  ['replaced by its fact', `REPLACE INTO events VALUES ${row(5, "'request:request-1'")}`, /recorded once/],
  [
    'replaced by an upsert',
    `INSERT INTO events VALUES ${row(4, 'NULL')} ON CONFLICT DO UPDATE SET at = 0`,
    /goes to the end/,
  ],
  ['put past the end', `INSERT INTO events VALUES ${row(6, 'NULL')}`, /goes to the end/],
  ['put before the beginning', `INSERT INTO events VALUES ${row(0, 'NULL')}`, /goes to the end/],
  ['put anywhere by SQLite', `INSERT INTO events SELECT NULL, 1, 'X', 1, 1, '{}', '{}', NULL, ''`, /goes to the end/],
])('an event is not %s, whoever asks', async (_, sql, refusal) => {
  using folder = new JournalFolder();
  await withFourEvents(folder);
  const before = await folder.shell('SELECT * FROM events');
  const { status, stderr } = await folder.shell(sql);
  expect(status).not.toBe(0);
  expect(stderr).toMatch(refusal);
  expect((await folder.shell('SELECT * FROM events')).stdout).toBe(before.stdout);
});

test.each([
  ['its data', `UPDATE events SET data = replace(data, 'make', 'rm') WHERE seq = 2`, 2],
  ['its time', 'UPDATE events SET at = at + 1 WHERE seq = 3', 3],
  ['its type', "UPDATE events SET type = 'TaskAdopted' WHERE seq = 3", 3],
  ['its task', 'UPDATE events SET task = 2 WHERE seq = 4', 4],
  ['its version', 'UPDATE events SET v = 0 WHERE seq = 4', 4],
  ['who did it', `UPDATE events SET actor = replace(actor, '4242', '1') WHERE seq = 1`, 1],
  ['its hash', `UPDATE events SET hash = '${'a'.repeat(64)}' WHERE seq = 4`, 4],
  ['the one before it, which was taken away', 'DELETE FROM events WHERE seq = 2', 3],
  ['its place', 'UPDATE events SET seq = 9 WHERE seq = 4', 9],
  [
    'its order with another',
    'UPDATE events SET seq = -3 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = 4; UPDATE events SET seq = 4 WHERE seq = -3',
    3,
  ],
])('a journal in which somebody changed %s is refused at the next opening, naming the event', async (_, sql, seq) => {
  using folder = new JournalFolder();
  await withFourEvents(folder);
  await folder.tamper(sql);
  await expect(folder.open()).rejects.toMatchObject({
    code: 'journal-unusable',
    message: `the journal was changed behind ghost's back at event ${seq}`,
    hint: expect.stringContaining('ghost doctor --fix') as string,
  });
});

test('the check of the tail reaches 64 events back and no further, whatever came before', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append(
    Array.from({ length: 200 }, () => taskDraft('TaskAdopted')),
    full,
  );
  journal[Symbol.dispose]();
  await folder.tamper(`UPDATE events SET at = 1 WHERE seq = 100`);
  (await folder.open())[Symbol.dispose]();
  await folder.tamper(`UPDATE events SET at = 1 WHERE seq = 137`);
  await expect(folder.open()).rejects.toMatchObject({ message: expect.stringContaining('at event 137') as string });
});

test.each([
  ['of a type', 'TaskTeleported', 1],
  ['named like what every object has', 'constructor', 1],
  ['of a version', 'TaskAdopted', 2],
])('an event %s that a newer ghost wrote is refused before anything is appended to it', async (_, type, v) => {
  using folder = new JournalFolder();
  await withFourEvents(folder);
  const previous = (await folder.shell('SELECT hash FROM events WHERE seq = 4')).stdout.trim();
  const facts = { seq: 5, at: 1, type, task: 1, v, actor: '{}', data: '{}' };
  const { status } = await folder.shell(
    `INSERT INTO events VALUES (5, 1, '${type}', 1, ${v}, '{}', '{}', NULL, '${chainHash(previous, facts)}')`,
  );
  expect(status).toBe(0);
  await expect(folder.open()).rejects.toMatchObject({
    code: 'journal-newer',
    message: `event 5 of the journal is a ${type} of version ${v}, which this ghost is too old to know`,
  });
});
