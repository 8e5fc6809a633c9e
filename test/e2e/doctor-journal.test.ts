import { existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { damage, damagedFolders, factsOf, tamper } from '../support/damage.ts';
import { examineHome, livedIn } from '../support/doctor.ts';
import { GhostHome } from '../support/ghost-home.ts';

const pageBytes = 4096;

/** All events but the JournalRestored that a restoration puts behind those that it keeps. */
function keptFacts(home: GhostHome): ReturnType<typeof factsOf> {
  const all = factsOf(home);
  expect(all.filter(({ type }) => type === 'JournalRestored')).toHaveLength(1);
  expect(all.at(-1)?.type).toBe('JournalRestored');
  return all.slice(0, -1);
}

test('a journal whose header is damaged is put aside and restored whole', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  const before = factsOf(home);
  damage(home, { at: 0, bytes: 90 });
  const broken = readFileSync(join(home.path, 'tasks.db'));
  const found = await examineHome(home);
  expect(found.status).toBe(1);
  expect(found.about('journal')).toMatch(/it is damaged: .* is not an SQLite database.* → ghost doctor --fix$/);
  // Looking changes nothing.
  expect(readFileSync(join(home.path, 'tasks.db')).equals(broken)).toBe(true);
  expect(damagedFolders(home)).toEqual([]);

  const mended = await examineHome(home, ['--fix']);
  expect(mended.wrong).toEqual(['mended journal']);
  expect(mended.status).toBe(0);
  expect(mended.about('journal')).toContain(`restored with the events 1 to ${before.length}`);
  const [folder = ''] = damagedFolders(home);
  expect(readFileSync(join(home.path, folder, 'tasks.db')).equals(broken)).toBe(true);
  expect(statSync(join(home.path, 'tasks.db')).mode & 0o777).toBe(0o600);
  expect(keptFacts(home)).toEqual(before);
  // The daemon works with it, and goes on counting where it was.
  expect(await home.run(['true'])).toBe(4);
});

test('a journal whose first page is destroyed is restored as far as the others tell', async () => {
  await using home = new GhostHome();
  await livedIn(home, { tasks: 8 });
  const before = factsOf(home);
  damage(home, { at: 0, bytes: pageBytes });
  const mended = await examineHome(home, ['--fix']);
  expect(mended.wrong).toEqual(['mended journal']);
  expect(keptFacts(home)).toEqual(before);
});

test('of a journal that was cut off, what holds is kept and what is lost is said', async () => {
  await using home = new GhostHome();
  await livedIn(home, { tasks: 30 });
  const before = factsOf(home);
  truncateSync(
    join(home.path, 'tasks.db'),
    Math.floor((statSync(join(home.path, 'tasks.db')).size * 0.75) / pageBytes) * pageBytes,
  );
  expect((await home.ghost(['list'])).status).toBe(4);
  const mended = await examineHome(home, ['--fix']);
  const kept = Number(/restored with the events 1 to (\d+)/.exec(mended.about('journal'))?.[1]);
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(before.length);
  expect(keptFacts(home)).toEqual(before.slice(0, kept));
  // The folders of tasks that are lost with it are put aside, not taken for those of the next tasks.
  expect(mended.about('tasks')).toContain('moved into aside/');
  expect((await home.ghost(['list'])).status).toBe(0);
});

test('a page of events that is destroyed costs what comes after it and no more', async () => {
  await using home = new GhostHome();
  await livedIn(home, { tasks: 30 });
  const before = factsOf(home);
  const path = join(home.path, 'tasks.db');
  const database = new Database(path, { readonly: true });
  // The page on which an event in the middle lies.
  const middle = Math.floor(before.length / 2);
  const uuid = before.findLast(({ seq, type }) => type === 'TaskSubmitted' && seq < middle)?.data['uuid'];
  database.close();
  const at = readFileSync(path).indexOf(`"uuid":"${String(uuid)}"`);
  damage(home, { at: Math.floor(at / pageBytes) * pageBytes, bytes: pageBytes });
  const mended = await examineHome(home, ['--fix']);
  const said = mended.about('journal');
  const [, kept, from, to] = (/events 1 to (\d+); lost the events (\d+) to (\d+), about tasks /.exec(said) ?? []).map(
    Number,
  );
  expect(keptFacts(home)).toEqual(before.slice(0, kept));
  expect(kept).toBeLessThan(middle);
  expect(from).toBeGreaterThan(kept ?? 0);
  expect(to).toBe(before.length);
  expect(said).toContain('not all of them can be read');
});

test('damage outside of the events is told in the words that SQLite has for it', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  const database = new Database(join(home.path, 'tasks.db'), { readonly: true });
  const page = database
    .prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'task_tags' AND rootpage > 0")
    .pluck()
    .get();
  database.close();
  damage(home, { at: (Number(page) - 1) * pageBytes, bytes: pageBytes });
  expect((await examineHome(home)).about('journal')).toMatch(
    new RegExp(`SQLite finds it damaged: [^*]*page ${page}\\b.* → ghost doctor --fix$`),
  );
});

test('a change near the end, which keeps the daemon from starting, is cut off with what follows', async () => {
  await using home = new GhostHome();
  await livedIn(home, { tasks: 2 });
  const before = factsOf(home);
  tamper(home, `UPDATE events SET data = '{"reason":"forged","tasksRunning":0}' WHERE seq = ${before.length}`);
  expect((await home.ghost(['list'])).status).toBe(4);
  const found = await examineHome(home);
  expect(found.about('chain')).toContain(`event ${before.length} is not what was appended`);
  const mended = await examineHome(home, ['--fix']);
  expect(mended.wrong).toEqual(['mended chain']);
  expect(mended.about('chain')).toContain(`lost event ${before.length}`);
  expect(keptFacts(home)).toEqual(before.slice(0, -1));
  expect((await home.ghost(['list'])).status).toBe(0);
});

test('a change long ago is told, and nothing is cut for its sake', async () => {
  await using home = new GhostHome();
  await livedIn(home, { tasks: 20 });
  const events = home.events().length;
  tamper(home, 'UPDATE events SET at = at + 1 WHERE seq = 3');
  const mended = await examineHome(home, ['--fix']);
  expect(mended.status).toBe(1);
  expect(mended.about('chain')).toMatch(/event 3 is not what was appended; 2 hold before it, and \d+ follow/);
  expect(home.events()).toHaveLength(events);
  expect(damagedFolders(home)).toEqual([]);
});

test('an event that was taken out is missed', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  tamper(home, 'DELETE FROM events WHERE seq = 5');
  expect((await examineHome(home)).about('chain')).toContain('event 5 is not there');
});

test('a journal of a newer ghost is left alone', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  tamper(home, "INSERT INTO migrations VALUES ('9999-from-the-future.sql', 1, '9.9.9')");
  const mended = await examineHome(home, ['--fix']);
  expect(mended.status).toBe(1);
  expect(mended.about('journal')).toContain('written by ghost 9.9.9, which is newer than this one');
  expect(damagedFolders(home)).toEqual([]);
});

test('a damaged journal is not touched while a daemon has it open', async () => {
  await using home = new GhostHome();
  await home.complete(['true']);
  tamper(home, 'UPDATE events SET at = at + 1 WHERE seq = 2');
  const events = home.events();
  const found = await examineHome(home, ['--fix']);
  expect(found.status).toBe(1);
  expect(found.about('chain')).toContain('ghost shutdown, then ghost doctor --fix');
  // Who only looks is not sent to where nothing would be done.
  expect((await examineHome(home)).about('chain')).toContain('ghost shutdown, then ghost doctor --fix');
  expect(damagedFolders(home)).toEqual([]);
  expect(home.events()).toEqual(events);
});

test('events of a time that has not come are told', async () => {
  await using home = new GhostHome();
  await livedIn(home, { tasks: 1 });
  // Appended as ghost would have with a clock that was a day ahead: the chain holds.
  const { chainHash } = await import('../../src/journal/codec.ts');
  const database = new Database(join(home.path, 'tasks.db'));
  const last = database
    .prepare<[], { seq: number; hash: string; actor: string }>(
      'SELECT seq, hash, actor FROM events ORDER BY seq DESC LIMIT 1',
    )
    .get();
  const row = {
    seq: (last?.seq ?? 0) + 1,
    at: (Date.now() + 86_400_000) * 1000,
    type: 'PeerRefused',
    task: null,
    v: 1,
    actor: last?.actor ?? '{}',
    data: '{"uid":1,"pid":1}',
  };
  database
    .prepare(
      'INSERT INTO events (seq, at, type, task, v, actor, data, hash) VALUES (@seq, @at, @type, @task, @v, @actor, @data, @hash)',
    )
    .run({ ...row, hash: chainHash(last?.hash ?? '', row) });
  database.close();
  const found = await examineHome(home);
  expect(found.wrong).toEqual(['warning clock']);
  expect(found.status).toBe(0);
  expect(found.about('clock')).toContain('which has not come yet');
});

test('a journal that lost its write-ahead log is told by the folders of the tasks that it forgot', async () => {
  await using home = new GhostHome();
  await home.complete(['echo', 'what is left of it']);
  await home.killDaemon();
  rmSync(join(home.path, 'tasks.db-wal'));
  rmSync(join(home.path, 'tasks.db-shm'), { force: true });
  const found = await examineHome(home);
  expect(found.status).toBe(1);
  expect(found.about('tasks')).toContain('tasks/1');
  await examineHome(home, ['--fix']);
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
  expect(await home.task(await home.run(['true']))).toMatchObject({ command: ['true'] });
});

test('there is no journal, or an empty one, and nothing is wrong', async () => {
  await using home = new GhostHome();
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
  expect(existsSync(home.path)).toBe(false);
});
