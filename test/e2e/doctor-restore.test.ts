import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';

import { crashPoints } from '../../src/crash-point.ts';
import { bytesOnDisk } from '../../src/daemon/file-system.ts';
import { damage, damagedFolders, factsOf, tamper, tamperInLog } from '../support/damage.ts';
import { examineHome, livedIn } from '../support/doctor.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { configure, sealedOf, taskFolder } from '../support/segments.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const pageBytes = 4096;
const flood = join(root, 'test', 'fixtures', 'print-bytes.cjs');
/** As where the write-ahead log was lost: what was kept beside the events was in it too. */
const readModelsGone = 'DELETE FROM read_models; DELETE FROM tasks; DELETE FROM task_states; DELETE FROM counters';

describe('what a restored journal lost', () => {
  test('is an event with its place, and no number of a task is given twice, whatever of it is left', async () => {
    await using home = new GhostHome();
    await livedIn(home, { tasks: 30 });
    const before = factsOf(home);
    const path = join(home.path, 'tasks.db');
    truncateSync(path, Math.floor((statSync(path).size * 0.75) / pageBytes) * pageBytes);
    // One more that nothing but its folder tells of.
    mkdirSync(join(home.path, 'tasks', '41'), { mode: 0o700 });
    const mended = await examineHome(home, ['--fix']);
    const facts = factsOf(home);
    const kept = facts.length - 1;
    expect(kept).toBeLessThan(before.length);
    const [folder = ''] = damagedFolders(home);
    expect(facts.at(-1)).toMatchObject({
      seq: kept + 1,
      type: 'JournalRestored',
      task: null,
      data: { kept, lastTask: 41, damaged: folder },
    });
    expect(mended.about('journal')).toContain('the next task is 42');
    expect(await home.run(['true'])).toBe(42);
    // Also when nothing but the event tells of it any more.
    await home.ok(['shutdown']);
    rmSync(join(home.path, 'aside'), { recursive: true });
    expect(await home.run(['true'])).toBe(43);
    expect(journalFaults(home)).toEqual([]);
    expect((await home.ghost(['audit', '--verify'])).status).toBe(0);
    expect(await home.ok(['audit', '--type', 'JournalRestored'])).toContain(
      `the journal was damaged and restored with the events 1 to ${kept}`,
    );
  });

  test('is counted from what the damaged file still shows', async () => {
    await using home = new GhostHome();
    await livedIn(home, { tasks: 12 });
    const before = factsOf(home);
    rmSync(join(home.path, 'tasks'), { recursive: true });
    const cut = before.find(({ task, type }) => task === 11 && type === 'TaskSpawned')?.seq ?? 0;
    tamper(home, `UPDATE events SET data = '{}' WHERE seq = ${cut}`);
    await examineHome(home, ['--fix']);
    expect(factsOf(home).at(-1)?.data).toMatchObject({
      kept: cut - 1,
      lost: { from: cut, to: before.length },
      lastTask: 12,
    });
    expect(await home.run(['true'])).toBe(13);
  });

  test('of a journal without its write-ahead log is seen by the daemon that starts, which numbers on', async () => {
    await using home = new GhostHome();
    await home.complete(['echo', 'one']);
    await home.ok(['shutdown']);
    const kept = home.events().length;
    for (const word of ['two', 'three', 'four']) await home.complete(['echo', word]);
    const exited = home.events({ type: 'TaskExited' }).at(-1)?.seq ?? 0;
    await home.killDaemon();
    rmSync(join(home.path, 'tasks.db-wal'));
    rmSync(join(home.path, 'tasks.db-shm'), { force: true });
    expect(await home.run(['true'])).toBe(5);
    expect(home.events({ type: 'JournalRestored' }).map(({ data }) => data)).toEqual([
      { kept, lost: { from: kept + 1, to: exited }, lastTask: 4, damaged: null },
    ]);
    // Once: it is known by then.
    await home.killDaemon();
    expect(await home.run(['true'])).toBe(6);
    expect(home.events({ type: 'JournalRestored' })).toHaveLength(1);
    expect(journalFaults(home)).toEqual([]);
  });
});

test('a backup that is put back is seen to be one, though no task of its future left a folder', async () => {
  await using home = new GhostHome();
  await home.complete(['true']);
  await home.ok(['shutdown']);
  const kept = home.events().length;
  const backup = join(home.work, 'backup.db');
  copyFileSync(join(home.path, 'tasks.db'), backup);
  await home.ok(['run', '--batch', '-'], { input: '{"command":["true"]}\n'.repeat(69) });
  await home.ok(['wait']);
  await home.ok(['shutdown']);
  const to = home.events().length;
  copyFileSync(backup, join(home.path, 'tasks.db'));
  expect(await home.run(['true'])).toBe(71);
  expect(home.events({ type: 'JournalRestored' }).map(({ data }) => data)).toEqual([
    { kept, lost: { from: kept + 1, to }, lastTask: 70, damaged: null },
  ]);
});

describe('a task whose start was lost with the journal', () => {
  /** A task that has run once, and a journal that ends with its being submitted. */
  async function startLost(home: GhostHome): Promise<number> {
    const id = await home.run(['sh', '-c', 'echo ran | tee -a ledger; exit 4']);
    await home.ended(id);
    await home.ok(['shutdown']);
    return home.events({ type: 'TaskSpawned', task: id })[0]?.seq ?? 0;
  }
  const ledger = (home: GhostHome): string => readFileSync(join(home.work, 'ledger'), 'utf8');

  test('is not run again after the journal was restored, but lost', async () => {
    await using home = new GhostHome();
    const spawned = await startLost(home);
    tamper(home, `UPDATE events SET data = '{}' WHERE seq = ${spawned}`);
    await examineHome(home, ['--fix']);
    // Not even its output is left.
    rmSync(join(home.path, 'aside'), { recursive: true, force: true });
    rmSync(join(home.path, 'tasks', '1'), { recursive: true, force: true });
    expect(await home.task(1)).toMatchObject({ state: 'lost', exitCode: null });
    expect(home.events({ type: 'TaskLost' })[0]?.data).toMatchObject({ reason: 'events-lost' });
    expect(await home.ok(['why', '1'])).toContain('what it told of the start of this task is lost');
    await home.complete(['true']);
    expect(ledger(home)).toBe('ran\n');
  });

  test('is not run again where the journal was cut and nobody said so, though it left nothing', async () => {
    await using home = new GhostHome();
    const id = await home.run(['sh', '-c', 'echo ran >> ledger']);
    await home.ended(id);
    await home.ok(['shutdown']);
    const [spawned] = home.events({ type: 'TaskSpawned', task: id });
    tamper(home, `DELETE FROM events WHERE seq >= ${spawned?.seq}; ${readModelsGone}`);
    expect(await home.task(id)).toMatchObject({ state: 'lost' });
    await home.complete(['true']);
    expect(ledger(home)).toBe('ran\n');
  });

  test('is not run again where the journal was cut and nobody said so: there is output of it', async () => {
    await using home = new GhostHome();
    const spawned = await startLost(home);
    tamper(home, `DELETE FROM events WHERE seq >= ${spawned}; ${readModelsGone}`);
    expect(await home.task(1)).toMatchObject({ state: 'lost' });
    expect(home.events({ type: 'TaskLost' })[0]?.data).toMatchObject({ reason: 'events-lost' });
    expect(await home.ok(['log', '1'])).toBe('ran');
    await home.complete(['true']);
    expect(ledger(home)).toBe('ran\n');
  });

  test('and that runs on is said to, by its process, and left alone', async () => {
    await using home = new GhostHome();
    const id = await home.run(['sh', '-c', 'echo ran >> ledger; exec sleep 600']);
    const { pid } = await home.task(id);
    await until('it has begun', () => existsSync(join(home.work, 'ledger')) && ledger(home) === 'ran\n');
    await home.killDaemon();
    const spawned = home.events({ type: 'TaskSpawned' })[0]?.seq ?? 0;
    tamper(home, `DELETE FROM events WHERE seq >= ${spawned}; ${readModelsGone}`);
    expect(await home.task(id)).toMatchObject({ state: 'lost' });
    expect(home.events({ type: 'TaskLost' })[0]?.data['message']).toContain(`it runs on as process ${pid},`);
    await home.complete(['true']);
    expect(ledger(home)).toBe('ran\n');
    expect(isAlive(pid ?? 0)).toBe(true);
  });
});

test.for(['ghost doctor --fix', 'the next daemon'])(
  'segments whose events were lost are kept by %s: nothing else has their bytes',
  async (who) => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '64KiB' });
    const id = await home.run(['sh', '-c', `${process.execPath} ${flood} a 300000 text; exec sleep 600`], { env });
    const spool = join(taskFolder(home, id), 'spool', 'stdout');
    await until(
      'most is in segments, and given back in the spool',
      () => sealedOf(home, id).length === 4 && statSync(spool).size === 300_000 && bytesOnDisk(spool) < 65_536,
    );
    await home.killDaemon();
    const segments = sealedOf(home, id);
    const [, second] = home.events({ type: 'LogSegmentSealed' });
    const bytes = segments.map(({ file }) => readFileSync(join(taskFolder(home, id), file)));
    if (who === 'ghost doctor --fix') {
      tamper(home, `UPDATE events SET data = '{}' WHERE seq = ${second?.seq}`);
      await examineHome(home, ['--fix']);
    } else {
      tamper(home, `DELETE FROM events WHERE seq >= ${second?.seq}; ${readModelsGone}`);
      await home.ok(['list']);
      await until('they are out of the way', () => !existsSync(join(taskFolder(home, id), segments[1]?.file ?? '')));
    }
    const kept = segments.slice(1).map(({ file }) => join(home.path, 'aside', 'tasks', String(id), file));
    expect(kept.map((path) => readFileSync(path))).toEqual(bytes.slice(1));
    expect(gunzipSync(readFileSync(kept[0] ?? '')).length).toBeGreaterThan(60_000);
  },
);

describe('a restoration that is killed', () => {
  test.for(crashPoints.filter((point) => point.startsWith('restore.')))(
    'at %s is done again or finished, and nothing more is lost',
    async (point) => {
      await using home = new GhostHome();
      await livedIn(home, { tasks: 3 });
      // What came last lies in the write-ahead log alone.
      await home.complete(['true']);
      await home.killDaemon();
      const before = factsOf(home).slice(0, -1);
      tamperInLog(home, `UPDATE events SET data = '{}' WHERE seq = ${before.length + 1}`);
      const log = readFileSync(join(home.path, 'tasks.db-wal'));
      expect(log.length).toBeGreaterThan(0);
      const broken = readFileSync(join(home.path, 'tasks.db'));

      const killed = await home.ghost(['doctor', '--fix'], { env: { GHOST_CRASH: `${point}@1` } });
      expect(killed.signal).toBe('SIGKILL');
      const again = await examineHome(home, ['--fix']);
      expect(again.wrong.filter((line) => !line.startsWith('mended'))).toEqual([]);
      expect(factsOf(home).slice(0, before.length)).toEqual(before);
      expect(factsOf(home).slice(before.length)).toMatchObject([
        { type: 'JournalRestored', data: { kept: before.length } },
      ]);
      const aside = damagedFolders(home)[0] ?? '';
      expect(readFileSync(join(home.path, aside, 'tasks.db')).equals(broken)).toBe(true);
      expect(readFileSync(join(home.path, aside, 'tasks.db-wal')).equals(log)).toBe(true);
      expect(readdirSync(home.path).filter((name) => /tmp|restored/.test(name))).toEqual([]);
      expect(await home.run(['true'])).toBe(5);
      expect(journalFaults(home)).toEqual([]);
    },
  );

  test('is finished by a daemon that starts, if that comes first', async () => {
    await using home = new GhostHome();
    await livedIn(home, { tasks: 2 });
    await home.complete(['true']);
    await home.killDaemon();
    const before = factsOf(home).slice(0, -1);
    tamperInLog(home, `UPDATE events SET data = '{}' WHERE seq = ${before.length + 1}`);
    const killed = await home.ghost(['doctor', '--fix'], { env: { GHOST_CRASH: 'restore.log-removed@1' } });
    expect(killed.signal).toBe('SIGKILL');
    expect(await home.run(['true'])).toBe(4);
    expect(factsOf(home).slice(0, before.length)).toEqual(before);
    expect(journalFaults(home)).toEqual([]);
  });
});

test('a restored journal is one that any SQLite opens, with the triggers that keep it', async () => {
  await using home = new GhostHome();
  await livedIn(home, { tasks: 1 });
  damage(home, { at: 0, bytes: 90 });
  await examineHome(home, ['--fix']);
  const database = new Database(join(home.path, 'tasks.db'));
  try {
    expect(() => database.exec('DELETE FROM events')).toThrow('append-only');
  } finally {
    database.close();
  }
});
