import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { type CommandRefusal, findRefusal, shebangBytesMax } from '../../src/daemon/resolve-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resolve-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, { text = '#!/bin/sh\n', mode = 0o755 }: { text?: string; mode?: number } = {}): string {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
  return name;
}

function refusalOf(
  program: string,
  { path, cwd = folder }: { path?: string; cwd?: string } = {},
): CommandRefusal | null {
  return findRefusal({ command: [program], cwd, environment: path === undefined ? [] : [['PATH', path]] });
}

test('a name is looked for on PATH and a path from the folder, and without PATH where execvp looks', () => {
  file('tool');
  expect(refusalOf('tool', { path: `/nowhere:${folder}` })).toBeNull();
  expect(refusalOf('tool', { path: '/nowhere' })).toMatchObject({ reason: 'command-not-found' });
  expect(refusalOf('./tool')).toBeNull();
  expect(refusalOf('tool')).toMatchObject({ reason: 'command-not-found' });
  expect(refusalOf('sh')).toBeNull();
});

test('an empty part of PATH is the task’s folder, and a relative one is below it', () => {
  file('tool');
  mkdirSync(join(folder, 'bin'));
  file('bin/other');
  for (const path of ['', ':', '/nowhere:', ':/nowhere', '/nowhere::/nowhere2']) {
    expect(refusalOf('tool', { path })).toBeNull();
  }
  expect(refusalOf('other', { path: 'bin' })).toBeNull();
});

test('what is there and cannot be executed says more than what is not there, but the next one may do', () => {
  mkdirSync(join(folder, 'a'));
  mkdirSync(join(folder, 'b'));
  file('a/tool', { mode: 0o644 });
  expect(refusalOf('tool', { path: 'a:b' })).toMatchObject({ reason: 'command-not-executable' });
  file('b/tool');
  expect(refusalOf('tool', { path: 'a:b' })).toBeNull();
});

test('folders, links to nothing, devices and files below files are refused, each with its reason', () => {
  file('plain', { mode: 0o644 });
  mkdirSync(join(folder, 'sub'));
  symlinkSync('nothing', join(folder, 'dangling'));
  symlinkSync('loop', join(folder, 'loop'));
  expect(refusalOf('./sub')).toMatchObject({ reason: 'command-not-executable', message: './sub: is a folder' });
  expect(refusalOf('./plain')).toMatchObject({ reason: 'command-not-executable' });
  expect(refusalOf('/dev/null')).toMatchObject({
    reason: 'command-not-executable',
    message: '/dev/null: is not a program',
  });
  expect(refusalOf('./dangling')).toMatchObject({ reason: 'command-not-found' });
  expect(refusalOf('./plain/x')).toMatchObject({ reason: 'command-not-found' });
  expect(refusalOf('./loop')).toMatchObject({ reason: 'command-not-executable' });
});

test('a script is refused by the interpreter that it names, and only by that', () => {
  const first = (name: string, text: string): CommandRefusal | null => refusalOf(`./${file(name, { text })}`);
  expect(first('missing', '#!/no/such/sh -e\n')?.message).toContain('/no/such/sh');
  expect(first('spaces', '#! \t/bin/sh -e\n')).toBeNull();
  expect(first('cut', '#!/bin/sh')).toBeNull();
  expect(first('none', 'echo hello\n')).toBeNull();
  expect(first('empty', '')).toBeNull();
  expect(first('binary', '\u007fELF')).toBeNull();
});

test.each(['\n', ' -e\n', '\t', ''])(
  'a script is refused by its interpreter as long as the kernel reads that name to its end: before %j',
  (end) => {
    /** A script that names an interpreter that is not there in so many bytes, `#!` included, and whether it starts. */
    const tried = (bytes: number): { readonly refused: boolean; readonly starts: boolean } => {
      const name = file('long', { text: `#!/${'é'.repeat(10)}${'x'.repeat(bytes - 23)}${end}` });
      const { error } = spawnSync(join(folder, name));
      return { refused: refusalOf(`./${name}`) !== null, starts: error === undefined };
    };
    expect(tried(shebangBytesMax - 1)).toEqual({ refused: true, starts: false });
    expect(tried(shebangBytesMax)).toEqual({ refused: false, starts: true });
    expect(tried(shebangBytesMax + 1)).toEqual({ refused: false, starts: true });
  },
);

test('the folder to start in must be one that can be entered', () => {
  file('plain');
  expect(refusalOf('sh', { cwd: join(folder, 'gone') })).toMatchObject({ reason: 'cwd-not-usable' });
  expect(refusalOf('sh', { cwd: join(folder, 'plain') })).toMatchObject({ reason: 'cwd-not-usable' });
});
