import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { loadKernel, withoutKernel } from '../../src/daemon/kernel.ts';
import { checkHoles } from '../../src/doctor/disk-check.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { resolvePaths } from '../../src/paths.ts';
import { examineHome, livedIn } from '../support/doctor.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const mebibyte = 1024 * 1024;

test('a daemon that was stopped is named with its pid, and none is started', async () => {
  await using home = new GhostHome();
  await home.run(['true']);
  const pid = home.daemonPid() ?? 0;
  process.kill(pid, 'SIGSTOP');
  const found = await examineHome(home);
  expect(found).toMatchObject({ status: 1, wrong: ['problem daemon'] });
  expect(found.about('daemon')).toBe(
    `the daemon (pid ${pid}) was stopped by a signal and does not answer → kill -CONT ${pid}`,
  );
  process.kill(pid, 'SIGCONT');
  expect(await examineHome(home)).toMatchObject({ status: 0, wrong: [] });
  expect(home.daemonPid()).toBe(pid);
});

test('a daemon that cannot be asked because of the folder is not taken for one that is stuck', async () => {
  await using home = new GhostHome();
  await home.run(['sleep', '300']);
  const pid = home.daemonPid();
  chmodSync(home.path, 0o755);
  const found = await examineHome(home);
  expect(found.wrong).toEqual(['problem data folder', 'problem daemon']);
  expect(found.about('daemon')).toMatch(
    new RegExp(`^a daemon runs \\(pid ${pid}\\) and could not be asked: .* → chmod 700 `),
  );
  // What only followed from it is no problem any more.
  expect(await examineHome(home, ['--fix'])).toMatchObject({ status: 0, wrong: ['mended data folder'] });
  expect(home.daemonPid()).toBe(pid);
});

test('what a killed daemon leaves is told and cleared, and its tasks live on', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sleep', '300']);
  await home.killDaemon();
  const found = await examineHome(home);
  expect(found).toMatchObject({ status: 0, wrong: ['warning socket'] });
  expect(found.about('tasks')).toBe('1 task runs, and a daemon takes up what runs → ');
  expect(found.about('daemon')).toContain('none runs');
  expect((await examineHome(home, ['--fix'])).wrong).toEqual(['mended socket']);
  expect(existsSync(join(home.path, 'ghost.sock'))).toBe(false);
  expect(await home.task(id)).toMatchObject({ state: 'running' });
});

test('a task whose shim was killed is told', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sleep', '300']);
  const spawned = home.events({ type: 'TaskSpawned', task: id })[0]?.data['shim'] as { readonly pid: number };
  const { pid } = await home.task(id);
  process.kill(spawned.pid, 'SIGKILL');
  await until('the shim is gone', () => !isAlive(spawned.pid));
  const found = await examineHome(home);
  expect(found.about('tasks')).toContain(`task ${id} run on although what watched over them`);
  expect(isAlive(pid ?? 0)).toBe(true);
  await home.ok(['stop', String(id)]);
});

test('a task that ended while nobody was there is told, and the next daemon records it', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sleep', '300']);
  const { pid } = await home.task(id);
  await home.killDaemon();
  const spawned = home.events({ type: 'TaskSpawned', task: id })[0]?.data['shim'] as { readonly pid: number };
  process.kill(pid ?? 0, 'SIGTERM');
  await until('the shim has noted it and is gone', () => !isAlive(spawned.pid));
  expect((await examineHome(home)).about('tasks')).toContain(`task ${id} ended while no daemon was there`);
  expect(await home.task(id)).toMatchObject({ state: 'killed' });
});

test('a start lock that nobody holds is removed', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  const lock = join(home.path, 'start.lock');
  mkdirSync(lock);
  expect((await examineHome(home)).about('start lock')).toContain('a daemon is being started');
  utimesSync(lock, 1, 1);
  expect(await examineHome(home)).toMatchObject({
    status: 0,
    wrong: ['warning start lock'],
  });
  const future = Date.now() / 1000 + 86_400;
  utimesSync(lock, future, future);
  expect(await examineHome(home)).toMatchObject({ status: 1, wrong: ['problem start lock'] });
  expect((await examineHome(home, ['--fix'])).wrong).toEqual(['mended start lock']);
  expect(existsSync(lock)).toBe(false);
  writeFileSync(lock, '', { mode: 0o600 });
  expect((await examineHome(home, ['--fix'])).about('start lock')).toContain('no daemon can be started');
});

test('a lock that is none is made anew', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  writeFileSync(join(home.path, 'lock.db'), 'x'.repeat(5_000), { mode: 0o600 });
  expect((await home.ghost(['list'])).status).toBe(4);
  const found = await examineHome(home);
  expect(found.about('daemon')).toContain('lock.db is not a lock of ghost');
  expect((await examineHome(home, ['--fix'])).wrong).toEqual(['mended daemon']);
  expect((await home.ghost(['list'])).status).toBe(0);
});

test('a file in the place of the socket is told', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  writeFileSync(join(home.path, 'ghost.sock'), '', { mode: 0o600 });
  const found = await examineHome(home);
  expect(found.status).toBe(1);
  expect(found.about('socket')).toContain('ghost.sock is a file, no socket → mv ');
});

test('a folder that anybody can put a socket into is told', async () => {
  await using home = new GhostHome();
  const folder = join(home.work, 'open');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const env = { GHOST_SOCKET: join(folder, 'ghost.sock') };
  const found = await examineHome(home, [], { env });
  expect(found.status).toBe(1);
  expect(found.about('socket')).toContain(`anybody can write in ${folder} → chmod go-w ${folder}`);
});

const noRebuild = () => {
  throw new Error('nobody asked for it');
};

test('a daemon of another version is told, with what to do', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  const findings: Finding[] = [];
  for await (const finding of examine({
    environment: home.env,
    fix: false,
    rebuild: false,
    onProgress: noRebuild,
    askDaemon: () => Promise.resolve({ kind: 'answers', pid: process.pid, version: '0.0.1', rebuild: noRebuild }),
    nowMs: Date.now(),
  })) {
    findings.push(finding);
  }
  expect(findings.find(({ check }) => check === 'daemon')).toMatchObject({
    status: 'warning',
    message: `pid ${process.pid} is ghost 0.0.1, and this is 0.0.0-source`,
    hint: 'ghost list  (it replaces the daemon, and leaves its tasks running)',
  });
});

test('a config file that is wrong is told with its key, and does not stop the rest', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  const path = join(home.work, 'config.json');
  writeFileSync(path, '{ "logs": { "keepFre": "1GiB" } }');
  const found = await examineHome(home, [], { env: { GHOST_CONFIG: path } });
  expect(found).toMatchObject({ status: 1, wrong: ['problem config'] });
  expect(found.about('config')).toContain('"logs.keepFre" is not a setting');
  expect(found.about('chain')).toContain('events hold');
});

test('a disk that is nearly full, and one that is, are told', async () => {
  await using disk = new SmallDisk({ mebibytes: 40 });
  await using home = new GhostHome({ within: disk.path });
  await livedIn(home);
  const roomy = await examineHome(home);
  expect(roomy).toMatchObject({ status: 0, wrong: ['warning disk'] });
  expect(roomy.about('disk')).toContain('less than is to be left to others (1.0 GiB)');
  disk.fillUntil({ freeBytes: 2 * mebibyte });
  const full = await examineHome(home);
  expect(full.status).toBe(1);
  expect(full.about('disk')).toContain('it is full (2.0 MiB free)');
  // With nothing at all left it still says so.
  disk.fillUntil({ freeBytes: 0 });
  expect((await examineHome(home)).about('disk')).toContain('it is full');
});

test.for([
  ['the file system cannot', { ...loadKernel(), punchHole: () => Promise.resolve(false) }],
  [
    'the kernel says that it did and nothing is given back',
    { ...loadKernel(), punchHole: () => Promise.resolve(true) },
  ],
  ['the kernel cannot be asked', withoutKernel('no koffi here')],
] as const)('that no space inside a file can be given back is told: %s', async ([, kernel]) => {
  await using home = new GhostHome();
  await livedIn(home);
  const found = await checkHoles({ kernel, paths: resolvePaths(home.env) });
  expect(found).toMatchObject({ check: 'holes', status: 'warning' });
  expect(found.message).toMatch(/only when its task has ended/);
});

test('files that the daemon may have open are counted against its limit', async () => {
  await using home = new GhostHome();
  await home.run(['sleep', '300']);
  const pid = home.daemonPid() ?? 0;
  const open = Number(/the daemon has (\d+) of/.exec((await examineHome(home)).about('descriptors'))?.[1]);
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${open + 2}:${open + 2}`]);
  const found = await examineHome(home);
  expect(found.wrong).toEqual(['warning descriptors']);
  expect(found.about('descriptors')).toContain(`at most ${open + 2} files open`);
});

test('a look at the folder with the daemon gone leaves nothing of its own behind', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  await examineHome(home);
  expect(readFileSync(join(home.path, 'lock.db'))).toHaveLength(0);
  expect(existsSync(join(home.path, 'daemon.json'))).toBe(false);
  rmSync(join(home.path, 'lock.db'));
  await examineHome(home);
  expect(existsSync(join(home.path, 'lock.db'))).toBe(false);
});
