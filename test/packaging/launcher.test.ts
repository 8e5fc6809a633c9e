import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { transform } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { oldNodes } from './old-node.ts';

const launcher = join(root, 'bin', 'ghost.cjs');
const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const old = oldNodes();

let folder: string;
/** The launcher's copy in a package of its own, whose command line only tells what it was started with. */
let ghost: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'launcher-'));
  ghost = placePackage(join(folder, 'package'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('on a Node that is new enough', () => {
  test('the command line gets its arguments as they are', async () => {
    const argv = ['run', '--', '', 'a b', '"\n\\', 'é日本', '-x'];
    const { stdout, status } = await runProgram([process.execPath, ghost, ...argv]);
    expect(JSON.parse(stdout)).toMatchObject({ node: process.versions.node, argv });
    expect(status).toBe(0);
  });

  test('it starts through a symbolic link and from any folder', async () => {
    const link = join(folder, 'ghost');
    symlinkSync(ghost, link);
    const { stdout } = await runProgram([process.execPath, link], { cwd: '/' });
    expect(JSON.parse(stdout)).toMatchObject({ cwd: '/' });
  });

  test('the code of each command is kept, once it has worked, and used again', async () => {
    nameBuild();
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
    await runProgram([process.execPath, ghost, 'exit', '1'], { env });
    expect(existsSync(join(folder, 'cache'))).toBe(false);

    for (const argv of [['list'], ['run', 'x'], ['--version'], ['../x']]) {
      expect(await runProgram([process.execPath, ghost, ...argv], { env })).toMatchObject({ status: 0, stderr: '' });
    }
    const kept = keptCode();
    expect(kept.map((path) => basename(path))).toEqual([`${buildName}-list`, `${buildName}-other`, `${buildName}-run`]);
    for (const path of kept) expect(statSync(path).mode & 0o777).toBe(0o600);

    const before = kept.map((path) => statSync(path).ino);
    await runProgram([process.execPath, ghost, 'list'], { env });
    expect(kept.map((path) => statSync(path).ino)).toEqual(before);
  });

  test('the code of a part that a command loads is kept as well, and a part is loaded once', async () => {
    const dist = join(folder, 'package', 'dist');
    const [partName, other] = [
      'fedcba9876543210',
      'global.loads = (global.loads || 0) + 1; exports.loads = global.loads;',
    ];
    writeFileSync(join(dist, 'part.cjs'), `/* build ${partName} */\n${other}`);
    writeFileSync(join(dist, 'plain.cjs'), 'exports.file = __filename;');
    writeFileSync(
      join(dist, 'cli.cjs'),
      `/* build ${buildName} */\nvar loads = [1, 2].map(function () { return require('./part.cjs').loads; });
      console.log(JSON.stringify([loads, require('./plain.cjs').file, require('node:path').sep]));`,
    );
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
    for (let round = 0; round < 2; round += 1) {
      const { stdout, stderr } = await runProgram([process.execPath, ghost, 'history'], { env });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual([[1, 1], join(dist, 'plain.cjs'), '/']);
    }
    const own = keptCode().map((path) => basename(path));
    expect(own).toEqual(expect.arrayContaining([`${buildName}-history`, `${partName}-history`]));
  });

  test.for([
    ['cut short', (path: string) => truncateSync(path, 1000)],
    ['of another program', (path: string) => writeFileSync(path, 'x'.repeat(100_000))],
    ['empty', (path: string) => truncateSync(path, 0)],
  ] as const)('code that is %s is not used, and replaced', async ([, damage]) => {
    nameBuild();
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
    await runProgram([process.execPath, ghost, 'list'], { env });
    const [place = ''] = keptCode();
    const whole = statSync(place).size;
    damage(place);
    const { stdout, stderr } = await runProgram([process.execPath, ghost, 'list'], { env });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ argv: ['list'] });
    // Not to the byte: V8 writes what it has at the moment.
    expect(statSync(place).size).toBeGreaterThan(whole / 2);
  });

  test('code that others could have written is not run', async () => {
    nameBuild();
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
    await runProgram([process.execPath, ghost, 'list'], { env });
    const [place = ''] = keptCode();
    chmodSync(place, 0o666);
    const before = statSync(place).ino;
    await runProgram([process.execPath, ghost, 'list'], { env });
    expect(statSync(place)).toMatchObject({ mode: 0o100600 });
    expect(statSync(place).ino).not.toBe(before);
  });

  test('the code of builds that nobody has used for a month goes, a younger one stays', async () => {
    nameBuild();
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
    await runProgram([process.execPath, ghost, 'list'], { env });
    const [place = ''] = keptCode();
    const [old, young, half] = ['a-list', 'b-list', `${buildName}-run.7.tmp`].map((name) => join(dirname(place), name));
    const longAgo = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
    for (const path of [old, young, half]) writeFileSync(path ?? '', '');
    for (const path of [old, half]) utimesSync(path ?? '', longAgo, longAgo);
    await runProgram([process.execPath, ghost, 'run'], { env });
    // In the order of their names: the build's own, then that of `b`.
    expect(keptCode()).toEqual([place, place.replace(/list$/, 'run'), young]);
  });

  test('a cache that cannot be written and a missing home are no hindrance', async () => {
    nameBuild();
    for (const cache of ['/dev/null/cache', '/proc/cache']) {
      const env = { ...process.env, XDG_CACHE_HOME: cache, HOME: '/dev/null' };
      expect(await runProgram([process.execPath, ghost], { env })).toMatchObject({ status: 0, stderr: '' });
    }
  });

  test('a relative cache folder and one that the user has set for Node are left alone', async () => {
    const home = { ...process.env, HOME: folder };
    nameBuild();
    await runProgram([process.execPath, ghost], { cwd: folder, env: { ...home, XDG_CACHE_HOME: 'relative' } });
    expect(existsSync(join(folder, 'relative'))).toBe(false);
    expect(existsSync(join(folder, '.cache', 'ghost', 'v8'))).toBe(true);

    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'other'), NODE_COMPILE_CACHE: join(folder, 'own') };
    await runProgram([process.execPath, ghost], { env });
    expect(existsSync(join(folder, 'other'))).toBe(false);
  });

  test('a checkout that is not built says what to type', async () => {
    rmSync(join(folder, 'package', 'dist'), { recursive: true });
    const result = await runProgram([process.execPath, ghost, 'list']);
    expect(result).toMatchObject({ status: 78, stdout: '' });
    expect(result.stderr).toMatch(/^ghost: is not built yet: .*cli\.cjs is not there\n {2}try: npm ci \(in .*\)\n$/);
  });

  test('a module that the command line misses is not taken for a missing build', async () => {
    const { status, stderr } = await runProgram([process.execPath, ghost, 'fail']);
    expect(status).toBe(1);
    expect(stderr).toContain('no-such-module-anywhere');
    expect(stderr).not.toContain('not built');
  });
});

describe.for(old)('on Node $version', ({ command, version: oldVersion }) => {
  test('the Node of the checkout stands in, with the arguments and the exit status as they are', async () => {
    pinRuntime(join(folder, 'package', 'node_modules'));
    const argv = ['run', '--', '', 'a b', '"\n\\', 'é日本\ufffd', '-x'];
    const { stdout } = await runProgram([...command, ghost, ...argv], { cwd: '/' });
    expect(JSON.parse(stdout)).toEqual({ node: process.versions.node, argv, cwd: '/' });
    expect(await runProgram([...command, ghost, 'exit', '3'])).toMatchObject({ status: 3, signal: null, stderr: '' });
  });

  test('a Node that is hoisted beside the package stands in as well', async () => {
    const installed = placePackage(join(folder, 'project', 'node_modules', 'ghost-journal'));
    pinRuntime(join(folder, 'project', 'node_modules'));
    const { stdout } = await runProgram([...command, installed, 'x']);
    expect(JSON.parse(stdout)).toMatchObject({ node: process.versions.node, argv: ['x'] });
  });

  test('nothing of the second start can be seen in the environment', async () => {
    pinRuntime(join(folder, 'package', 'node_modules'));
    const env = { PATH: '/usr/bin:/bin', 'odd name': 'a=b', EMPTY: '', GHOST_TEST_RUN: process.env['GHOST_TEST_RUN'] };
    const { stdout } = await runProgram([...command, ghost, 'environment'], { env });
    expect(stdout.split('\0').filter(Boolean).toSorted()).toEqual(
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .toSorted(),
    );
  });

  test('signals reach the command line, and its answer to them is the answer', async () => {
    pinRuntime(join(folder, 'package', 'node_modules'));
    const [file = '', ...args] = command;
    // In a session of its own, without a terminal, so that every signal is one that somebody sent to it alone.
    const argv = [...args, ghost, 'catch', 'SIGINT', 'SIGHUP', 'SIGTERM'];
    const child = spawn(file, argv, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const lines = child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false });
    expect(await lines.next()).toMatchObject({ value: 'ready\n' });
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
      child.kill(signal);
      expect(await lines.next()).toMatchObject({ value: `${signal}\n` });
    }
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test.for(['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGABRT'])('death by %s is death by it', async (signal) => {
    pinRuntime(join(folder, 'package', 'node_modules'));
    expect(await runProgram([...command, ghost, 'die', signal])).toMatchObject({ status: null, signal });
  });

  test('an argument that is not UTF-8 is refused, for it could not be passed on', async () => {
    pinRuntime(join(folder, 'package', 'node_modules'));
    const result = await runProgram(['sh', '-c', `exec "$@" "$(printf '\\377')"`, 'sh', ...command, ghost, 'run']);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/^ghost: an argument is not valid UTF-8.*\n {2}try: .*\n$/);
  });

  test('without a newer Node it says what it is, what it needs and what to do', async () => {
    const result = await runProgram([...command, ghost, 'list']);
    expect(result).toMatchObject({ status: 78, stdout: '' });
    expect(result.stderr).toMatch(
      /^ghost: needs Node\.js 22\.14, 23\.6 or newer; this is v[\d.]+ \(.*\)\n {2}try: .*\n$/,
    );
    expect(result.stderr).toContain(`this is v${oldVersion} `);
  });

  test('a pinned Node that is too old itself, or cannot run here, is not used', async () => {
    const fake = join(folder, 'package', 'node_modules', '.bin', 'node');
    mkdirSync(join(fake, '..'), { recursive: true });
    for (const script of ['#!/bin/sh\necho v22.13.9\n', '#!/no/such/interpreter\n', '#!/bin/sh\nexit 1\n']) {
      writeFileSync(fake, script);
      chmodSync(fake, 0o755);
      expect(await runProgram([...command, ghost, 'list'])).toMatchObject({ status: 78, stdout: '' });
    }
  });

  test('a fresh clone says what to type', async () => {
    rmSync(join(folder, 'package', 'dist'), { recursive: true });
    const result = await runProgram([...command, ghost]);
    expect(result.status).toBe(78);
    expect(result.stderr).toContain('try: npm ci');
  });
});

test.for(old.filter(({ command }) => command.length === 1))(
  'a value that is not UTF-8 passes through the real Node $version byte for byte',
  async ({ command }) => {
    pinRuntime(join(folder, 'package', 'node_modules'));
    const script = `exec env -i "BYTES=$(printf 'a\\377\\376z')" "PATH=$PATH" "$@"`;
    const { stdout } = await runProgram(['sh', '-c', script, 'sh', ...command, ghost, 'environment'], {
      encoding: 'latin1',
    });
    expect(stdout).toBe(`BYTES=a\u00ff\u00fez\0PATH=${process.env['PATH']}\0`);
  },
);

test('any Node can read the launcher: it is ES5', async () => {
  const source = readFileSync(launcher, 'utf8').replace(/^#!.*/, '');
  // What had to be lowered would come out different, and what cannot be lowered is an error.
  const es5 = await transform(source, { target: 'es5' });
  const asItIs = await transform(source, { target: 'esnext', supported: { 'object-extensions': false } });
  expect(es5.code).toBe(asItIs.code);
});

describe('in the checkout', () => {
  test.for([
    { way: 'by the pinned Node', command: [process.execPath, launcher] },
    { way: 'by npx', command: ['npx', 'ghost'] },
    ...old.map((node) => ({ way: `by Node ${node.version}`, command: [...node.command, launcher] })),
  ])('ghost --version answers $way', async ({ command }) => {
    // npx links the package that it runs into its cache.
    const env = { ...process.env, npm_config_cache: join(folder, 'npm') };
    expect(await runProgram([...command, '--version'], { cwd: root, env })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(version),
    });
  });
});

const buildName = '0123456789abcdef';

/** Makes the command line of the package one that scripts/build.mjs has named. */
function nameBuild(): void {
  const file = join(folder, 'package', 'dist', 'cli.cjs');
  writeFileSync(file, `/* build ${buildName} */\n${readFileSync(file, 'utf8')}`);
}

function keptCode(): readonly string[] {
  const cache = join(folder, 'cache', 'ghost', 'v8');
  return readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .map((name) => join(cache, name))
    .filter((path) => statSync(path).isFile())
    .toSorted();
}

/** Lays out a package with the real launcher, and gives the launcher's path. */
function placePackage(place: string): string {
  mkdirSync(join(place, 'dist'), { recursive: true });
  cpSync(join(root, 'bin'), join(place, 'bin'), { recursive: true });
  cpSync(join(root, 'test', 'fixtures', 'launched.cjs'), join(place, 'dist', 'cli.cjs'));
  return join(place, 'bin', 'ghost.cjs');
}

function pinRuntime(modules: string): void {
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync(process.execPath, join(modules, '.bin', 'node'));
}
