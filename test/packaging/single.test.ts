import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { budgets } from '../budgets.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { root } from '../support/source-files.ts';
import { TestTerminal } from '../support/terminal.ts';

/** Node and all of ghost in one file (`npm run build:single`), where there is no Node and nothing else of ghost. */
const ghost = join(root, 'single', 'ghost');

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build-single.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
});

/** A home in which no program can be found by its name: the tasks name theirs by their paths. */
function homeWithoutNode(): GhostHome {
  const home = new GhostHome({ command: [ghost] });
  const env = { PATH: '/nonexistent', HOME: home.work, NODE_OPTIONS: '--no-such-option', XDG_CACHE_HOME: undefined };
  for (const [name, value] of Object.entries(env)) home.env[name] = value;
  return home;
}

const laidOut = (home: GhostHome): string => {
  const folder = join(home.work, '.cache', 'ghost', 'single');
  return join(folder, readdirSync(folder)[0] ?? '');
};

test('it is one file that everybody may run, hardly larger than Node', () => {
  expect(statSync(ghost).mode & 0o777).toBe(0o755);
  expect(statSync(ghost).size).toBeLessThan(budgets.singleBytes);
});

test('it runs a task to its end, answers for the past, and adopts what a killed daemon leaves', async () => {
  await using home = homeWithoutNode();
  const task = ['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'];
  expect(await home.ghost(['run', '--follow', '--', ...task])).toMatchObject({
    status: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  const input = join(home.work, 'go');
  const waiting = `until [ -e ${input} ]; do /bin/sleep 0.05; done; echo went on`;
  expect(await home.run(['--name', 'waits', '--', '/bin/sh', '-c', waiting])).toBe(2);
  const pid = await home.killDaemon();
  writeFileSync(input, '');
  expect(await home.ok(['wait', 'waits'])).toBe('2 exited 0');
  expect(await home.ok(['log', 'waits'])).toBe('went on');
  expect(await home.ok(['history'])).toMatch(/ 1 +- +failed +3 [^]* 2 +waits +exited +0 /);
  const next = home.daemonPid();
  expect(next).not.toBe(pid);
  // The executable is its own daemon.
  expect(readlinkSync(`/proc/${next}/exe`)).toBe(ghost);
  expect(readFileSync(join(home.path, 'daemon.log'), 'utf8')).not.toContain('"level":"error"');
  expect(readFileSync(join(home.path, 'daemon.log'), 'utf8')).toContain('"kernelCalls":"available"');
});

test('each of its parts is in it: the timeline, the doctor, the check of a journal, completion, the man page', async () => {
  await using home = homeWithoutNode();
  await home.ok(['run', '--follow', '/bin/echo', 'x']);
  expect(await home.ok(['timeline', '1'])).toContain('exited with 0');
  expect(await home.ok(['doctor'])).toMatch(/all is well$/);
  expect(await home.ok(['audit', '--verify'])).toContain('all hold');
  expect(await home.ok(['completion', 'bash'])).toContain('_ghost_complete');
  expect(await home.ok(['help', '--man'])).toBe(readFileSync(join(root, 'dist', 'ghost.1'), 'utf8').trimEnd());
  expect(await home.ok(['config', '--schema'])).toContain('"$schema"');
  await home.ok(['shutdown']);
  // Without a daemon it reads the journal itself.
  expect(await home.ok(['doctor'])).toContain('none runs');
});

test('the screen opens and closes', async () => {
  await using home = homeWithoutNode();
  await home.ok(['run', '--follow', '/bin/echo', 'seen']);
  await using terminal = await TestTerminal.open(home, {
    columns: 90,
    rows: 20,
    env: { PATH: '/usr/bin:/bin', NODE_OPTIONS: '' },
  });
  await terminal.command('ghost');
  await terminal.sees(/1 exited[^]*echo seen/);
  await terminal.press('q');
  await terminal.misses('1 exited');
  expect(await terminal.fact('alternate_on')).toBe('0');
});

test('what it lays out is private, and put back where it is damaged, gone, or not what it was', async () => {
  await using home = homeWithoutNode();
  // Nothing is laid out for what needs none of it.
  await home.ok(['--version']);
  expect(readdirSync(join(home.work, '.cache', 'ghost'))).toEqual(['v8']);
  await home.ok(['run', '--follow', '/bin/echo', '1']);
  const folder = laidOut(home);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const open = entries.map((entry) => join(entry.parentPath, entry.name)).filter((path) => statSync(path).mode & 0o077);
  expect([folder, ...open].filter((path) => statSync(path).mode & 0o077)).toEqual([]);
  const natives = entries.filter(({ name }) => name.endsWith('.node')).map((e) => join(e.parentPath, e.name));
  expect(natives.map((path) => relative(folder, path)).toSorted()).toEqual([
    `node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`,
    `node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`,
  ]);
  await home.ok(['shutdown']);
  const [first = '', second = ''] = natives;
  const whole = readFileSync(first);
  writeFileSync(first, whole.with(1000, (whole[1000] ?? 0) ^ 1));
  rmSync(second);
  writeFileSync(join(folder, 'dist', 'daemon.cjs'), 'throw new Error("not ghost\'s")');
  expect(await home.ghost(['run', '--follow', '/bin/echo', '2'])).toMatchObject({ status: 0, stdout: '2\n' });
  expect(readFileSync(first).equals(whole)).toBe(true);
  expect(statSync(second).size).toBeGreaterThan(1_000_000);
  // Twenty that begin at once, on a folder that is not there yet.
  await home.ok(['shutdown']);
  rmSync(folder, { recursive: true });
  const all = Array.from({ length: 20 }, async (_, n) => await home.ghost(['run', '-f', '/bin/echo', String(n)]));
  expect((await Promise.all(all)).map(({ stdout }) => stdout)).toEqual(all.map((_, n) => `${n}\n`));
  expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'))).toEqual(
    [],
  );
});

test.for(['/proc/nowhere', '/dev/null/nowhere'])('a cache in %s is told, with what to set', async (cache) => {
  await using home = homeWithoutNode();
  const { status, stderr } = await home.ghost(['list'], { env: { XDG_CACHE_HOME: cache } });
  expect(status).toBe(78);
  expect(stderr).toMatch(
    /^ghost: cannot lay out its parts in \/[^:]+: E[A-Z]+: .*\n {2}try: set XDG_CACHE_HOME to a folder .*\n$/,
  );
});

test('a folder that others can write in is not used, and said', async () => {
  await using home = homeWithoutNode();
  const folder = join(home.work, '.cache', 'ghost', 'single');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o777);
  const { status, stderr } = await home.ghost(['list']);
  expect(status).toBe(78);
  expect(stderr).toBe(
    `ghost: ${folder} must be a folder of yours that nobody else can get into\n  try: ls -ld ${folder}\n`,
  );
});
