import { expect, test } from 'vitest';

import { type ShellKind, splitEnvironment } from '../../src/daemon/shim-environment.ts';
import { escapeForPrintf } from '../../src/daemon/shim.ts';
import { runProgram } from '../support/run-program.ts';

const kinds: readonly ShellKind[] = ['dash', 'busybox', 'other'];
const text = (words: readonly Uint8Array[]): readonly string[] =>
  words.map((word) => Buffer.from(word).toString('latin1'));

test('plain names go through the shell, and no `env` is needed where there is nothing else', () => {
  const entries = [
    ['PWD', '/here'],
    ['HOME', '/home/me'],
    ['EMPTY', ''],
  ] as const;
  expect(splitEnvironment(entries, { shell: 'dash', pwdIsRight: true })).toEqual({
    inherited: { PWD: '/here', HOME: '/home/me', EMPTY: '' },
    words: [],
  });
});

test.for(kinds)('names that %s would drop or change, and bytes that are not text, go around it', (shell) => {
  const entries = [
    ['PWD', '/wrong'],
    ['a-b', '1'],
    ['ghost_shim_go', 'x'],
    ['LD_PRELOAD', '/l.so'],
    ['BASH_ENV', '/b'],
    ['IFS', ','],
    ['BYTES', Buffer.from([0xff, 0x0a])],
    ['KEPT', 'yes'],
  ] as const;
  const { inherited, words } = splitEnvironment(entries, { shell, pwdIsRight: false });
  expect(inherited).toEqual({ KEPT: 'yes' });
  const set = text(words).slice(text(words).indexOf('--') + 1);
  expect(set).toEqual([
    'PWD=/wrong',
    'a-b=1',
    'ghost_shim_go=x',
    'LD_PRELOAD=/l.so',
    'BASH_ENV=/b',
    'IFS=,',
    'BYTES=\xff\n',
  ]);
});

test.for(kinds)('what %s would add by itself is taken away again, unless it was given', (shell) => {
  const bare = text(splitEnvironment([], { shell, pwdIsRight: true }).words);
  expect(bare.slice(0, 2)).toEqual(['-u', 'PWD']);
  expect(bare.at(-1)).toBe('--');
  const given = splitEnvironment([['PWD', '/here']], { shell, pwdIsRight: true });
  expect(text(given.words)).not.toContain('PWD');
});

test('a bash is told nothing of the locale, of which it would complain into the task’s output', () => {
  const entries = [
    ['LC_ALL', 'xx_YY'],
    ['LANG', 'xx_YY'],
  ] as const;
  expect(splitEnvironment(entries, { shell: 'other', pwdIsRight: true }).inherited).toEqual({});
  expect(splitEnvironment(entries, { shell: 'dash', pwdIsRight: true }).inherited).toEqual({
    LC_ALL: 'xx_YY',
    LANG: 'xx_YY',
  });
});

test.for(['/bin/dash', '/bin/bash', '/usr/bin/busybox sh'])(
  '%s makes every byte of a word again from its escape',
  async (shell) => {
    const bytes = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1));
    const command = [...shell.split(' '), '-c', `printf '%b' "$1"`, 'sh', escapeForPrintf(bytes)];
    const { stdout } = await runProgram(command, { encoding: 'latin1' });
    expect(stdout).toBe(bytes.toString('latin1'));
  },
);
