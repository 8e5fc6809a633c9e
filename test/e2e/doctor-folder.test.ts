import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';

import { expect, test } from 'vitest';

import { examineHome, livedIn } from '../support/doctor.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { otherUid, otherUsers } from '../support/other-user.ts';
import { configure, sealedOf, taskFolder } from '../support/segments.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const flood = join(root, 'test', 'fixtures', 'print-bytes.cjs');
const mebibyte = 1024 * 1024;

/** A home without a daemon whose first task has some segments. */
async function withSegments(home: GhostHome): Promise<void> {
  const env = configure(home, { segmentSize: '256KiB' });
  const id = await home.run([process.execPath, flood, 'a', String(mebibyte), 'text'], { env });
  await home.ended(id);
  await until('all is in segments', () => sealedOf(home, id).at(-1)?.to === mebibyte);
  await home.ok(['shutdown']);
}

/** Everything in a folder, with what it holds and who may. SQLite's own index of its log comes and goes. */
function snapshot(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/tasks\.db-(wal|shm)$/.test(name))
    .toSorted()
    .map((name) => {
      const path = join(folder, name);
      const { mode, uid, mtimeMs, size } = lstatSync(path);
      const sum =
        statSync(path, { throwIfNoEntry: false })?.isFile() === true && lstatSync(path).isFile()
          ? createHash('sha256').update(readFileSync(path)).digest('hex')
          : '';
      return [name, mode.toString(8), uid, lstatSync(path).isDirectory() ? '' : mtimeMs, size, sum].join(' ');
    });
}

test('a home that is well is found well, with a daemon and without', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
  expect(home.daemonPid()).toBeNull();
  await home.run(['sleep', '300']);
  const found = await examineHome(home);
  expect(found).toMatchObject({ status: 0, wrong: [] });
  expect(found.about('tasks')).toContain('1 task runs');
});

test('files that others can read are found and made private', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  chmodSync(join(home.path, 'tasks', '1', 'order.idx'), 0o644);
  chmodSync(join(home.path, 'tasks', '2'), 0o755);
  chmodSync(join(home.path, 'daemon.log'), 0o400);
  const found = await examineHome(home);
  expect(found).toMatchObject({ status: 1, wrong: ['problem files'] });
  expect(found.about('files')).toContain('daemon.log (0400), tasks/1/order.idx (0644), tasks/2 (0755)');
  expect(await examineHome(home, ['--fix'])).toMatchObject({ status: 0, wrong: ['mended files'] });
  expect(statSync(join(home.path, 'tasks', '2')).mode & 0o777).toBe(0o700);
  expect(statSync(join(home.path, 'daemon.log')).mode & 0o777).toBe(0o600);
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
});

test('a data folder that others can enter is found and closed', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  chmodSync(home.path, 0o755);
  expect((await home.ghost(['list'])).status).toBe(4);
  const found = await examineHome(home);
  expect(found.wrong).toEqual(['problem data folder']);
  expect(found.about('data folder')).toContain(`chmod 700 ${home.path}`);
  expect(await examineHome(home, ['--fix'])).toMatchObject({ status: 0, wrong: ['mended data folder'] });
  expect((await home.ghost(['list'])).status).toBe(0);
});

test.for(otherUsers)('what belongs to uid %i is told, and not touched', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  chownSync(join(home.path, 'tasks', '1', 'spool', 'stdout'), otherUid, otherUid);
  const found = await examineHome(home, ['--fix']);
  expect(found).toMatchObject({ status: 1, wrong: ['problem files'] });
  expect(found.about('files')).toMatch(/uid 65534\): tasks\/1\/spool\/stdout → sudo chown/);
  chownSync(home.path, otherUid, otherUid);
  const closed = await examineHome(home, ['--fix']);
  expect(closed.about('data folder')).toContain('belongs to uid 65534, not to you');
  // Nothing in the folder of somebody else is looked at.
  expect(closed.findings.map(({ check }) => check)).not.toContain('journal');
  chownSync(home.path, 0, 0);
});

test('a symbolic link is told, and neither followed nor removed', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  const outside = join(home.work, 'outside');
  writeFileSync(outside, 'mine', { mode: 0o644 });
  const link = join(home.path, 'tasks', '1', 'spool', 'link');
  symlinkSync(outside, link);
  const found = await examineHome(home, ['--fix']);
  expect(found).toMatchObject({ status: 1, wrong: ['problem files'] });
  expect(found.about('files')).toContain('tasks/1/spool/link');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(statSync(outside).mode & 0o777).toBe(0o644);
});

test('half-written files are removed, and of a working daemon only the old ones', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  const leftovers = [
    'tasks.db.before-0001.tmp',
    'daemon.json.999999',
    'tasks/1/stdout.0000.gz.tmp',
    '.doctor-999999',
  ].map((name) => join(home.path, name));
  for (const path of leftovers) writeFileSync(path, 'half', { mode: 0o600 });
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: ['warning leftovers'] });
  await home.run(['sleep', '300']);
  // A daemon that starts has removed some of them itself.
  for (const path of leftovers) writeFileSync(path, 'half', { mode: 0o600 });
  expect((await examineHome(home, ['--fix'])).wrong).toEqual([]);
  for (const path of leftovers) utimesSync(path, 1, 1);
  expect((await examineHome(home, ['--fix'])).wrong).toEqual(['mended leftovers']);
  expect(leftovers.filter((path) => existsSync(path))).toEqual([]);
});

test('a segment that is missing, cut or grown is named', async () => {
  await using home = new GhostHome();
  await withSegments(home);
  const [first, second, third] = sealedOf(home, 1).map(({ file }) => join(taskFolder(home, 1), file));
  rmSync(first ?? '');
  truncateSync(second ?? '', 100);
  writeFileSync(third ?? '', 'and more', { flag: 'a' });
  const found = await examineHome(home, ['--fix']);
  expect(found).toMatchObject({ status: 1, wrong: ['problem output'] });
  expect(found.about('output')).toContain(
    'tasks/1/stdout.0000.gz is missing, tasks/1/stdout.0001.gz has 100 bytes instead of',
  );
  expect(found.about('output')).toContain('tasks/1/stdout.0002.gz has');
});

test('a spool that somebody shortened is named', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  truncateSync(join(home.path, 'tasks', '1', 'spool', 'stdout'), 3);
  rmSync(join(home.path, 'tasks', '2', 'spool', 'stdout'));
  const found = await examineHome(home);
  expect(found.about('output')).toContain(
    'tasks/1/spool/stdout has 3 bytes instead of 7, tasks/2/spool/stdout is missing',
  );
});

test('a segment that no event tells of is put aside, and kept', async () => {
  await using home = new GhostHome();
  await withSegments(home);
  const orphan = join(taskFolder(home, 1), 'stdout.0099.gz');
  writeFileSync(orphan, 'who knows', { mode: 0o600 });
  const found = await examineHome(home);
  expect(found).toMatchObject({ status: 0, wrong: ['warning output'] });
  expect(found.about('output')).toContain('tasks/1/stdout.0099.gz');
  expect((await examineHome(home, ['--fix'])).about('output')).toContain('moved into aside/');
  expect(existsSync(orphan)).toBe(false);
  expect(readFileSync(join(home.path, 'aside', 'tasks', '1', 'stdout.0099.gz'), 'utf8')).toBe('who knows');
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
});

test('a segment whose bytes all lie in the spool still is removed', async () => {
  await using home = new GhostHome();
  const env = { ...configure(home, { segmentSize: '256KiB' }), GHOST_CRASH: 'segment.renamed@1' };
  // The daemon dies between the segment and its event.
  const id = await home.run([process.execPath, flood, 'a', String(mebibyte), 'text'], { env });
  const segment = join(taskFolder(home, id), 'stdout.0000.gz');
  await until('the daemon is gone and has left a segment', () => existsSync(segment) && home.daemonPid() === null);
  const spool = join(taskFolder(home, id), 'spool', 'stdout');
  await until('the task has written all', () => statSync(spool).size === mebibyte);
  const written = readFileSync(spool, 'utf8');
  expect((await examineHome(home, ['--fix'])).about('output')).toContain('1 removed, whose bytes are elsewhere');
  expect(existsSync(segment)).toBe(false);
  expect(`${await home.ok(['log', String(id)])}\n`).toBe(written);
});

test('the folder of a task that the journal does not know is put aside', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  mkdirSync(join(home.path, 'tasks', '77', 'spool'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home.path, 'tasks', '77', 'spool', 'stdout'), 'old', { mode: 0o600 });
  const found = await examineHome(home);
  expect(found).toMatchObject({ status: 1, wrong: ['problem tasks'] });
  await examineHome(home, ['--fix']);
  expect(readFileSync(join(home.path, 'aside', 'tasks', '77', 'spool', 'stdout'), 'utf8')).toBe('old');
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
});

test('beside a daemon that cuts and prunes, nothing is taken for missing or left over', async () => {
  await using home = new GhostHome();
  const env = configure(home, { segmentSize: '64KiB', maxPerTask: '256KiB' });
  await home.run(['sh', '-c', 'while :; do seq 100000; sleep 0.05; done'], { env });
  await until('output has gone', () => home.events({ type: 'LogSegmentPruned' }).length > 3);
  for (let look = 0; look < 5; look += 1) {
    expect((await examineHome(home, ['--fix'], { env })).wrong).toEqual([]);
  }
  expect(await home.task(1)).toMatchObject({ state: 'running' });
});

test('nothing is changed without --fix, whatever is wrong', async () => {
  await using home = new GhostHome();
  await withSegments(home);
  chmodSync(join(home.path, 'daemon.log'), 0o644);
  writeFileSync(join(home.path, 'tasks.db.before-0001.tmp'), 'half', { mode: 0o600 });
  writeFileSync(join(taskFolder(home, 1), 'stdout.0099.gz'), 'who knows', { mode: 0o600 });
  mkdirSync(join(home.path, 'tasks', '77'), { mode: 0o700 });
  mkdirSync(join(home.path, 'start.lock'));
  utimesSync(join(home.path, 'start.lock'), 1, 1);
  const before = snapshot(home.path);
  const { wrong } = await examineHome(home);
  expect(wrong).toEqual([
    'warning start lock',
    'problem files',
    'warning leftovers',
    'problem tasks',
    'warning output',
  ]);
  expect(snapshot(home.path)).toEqual(before);
  expect((await examineHome(home, ['--fix'])).wrong.filter((line) => !line.startsWith('mended'))).toEqual([]);
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
});

test('what it says is made for people: columns, a way out, a sentence at the end', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  chmodSync(join(home.path, 'daemon.log'), 0o644);
  const { stdout, status, stderr } = await home.ghost(['doctor']);
  expect(status).toBe(1);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^ok {7}versions {5}ghost /);
  expect(stdout).toContain(
    'problem  files        some are not readable and writable by you alone: daemon.log (0644)\n' +
      '                      try: ghost doctor --fix\n',
  );
  expect(stdout).toMatch(/\n\n1 problem; ghost doctor --fix mends all of it\n$/);
  expect((await home.ghost(['doctor', '--fix'])).stdout).toMatch(/\n\n1 mended; all is well now\n$/);
  expect((await home.ghost(['doctor'])).stdout).toMatch(/\n\nall is well\n$/);
});

test('a moved-away journal is missed by the folders of its tasks', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  renameSync(join(home.path, 'tasks.db'), join(home.work, 'tasks.db'));
  const found = await examineHome(home);
  expect(found.wrong).toEqual(['problem tasks']);
  expect(found.about('tasks')).toContain('tasks/1, tasks/2, tasks/3');
  expect(relative(home.path, home.work)).toBe('../work');
});
