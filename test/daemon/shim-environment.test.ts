import { expect, test } from 'vitest';

import { type ShellKind, splitEnvironment } from '../../src/daemon/shim-environment.ts';
import { goPipeLine, shimText } from '../../src/daemon/shim.ts';
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
  '%s gets every byte of a word from the go pipe',
  async (shell) => {
    const every = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1));
    const printable = every.filter((byte) => byte >= 0x20 && byte <= 0x7e);
    const words = [every, printable, Buffer.from('  a\\b\\n  '), Buffer.from('=+'), Buffer.from('+='), Buffer.from('')];
    // The shim's own lines, with a command that shows what it was given.
    const script = `${readWords()}\nprintf '[%s]' "$@"`;
    const input = `${words.map(goPipeLine).toReversed().join('\n')}\ngo\n`;
    const { stdout } = await runProgram([...shell.split(' '), '-c', script, 'sh'], { encoding: 'latin1', input });
    expect(stdout).toBe(words.map((word) => `[${word.toString('latin1')}]`).join(''));
  },
);

test('a word of printable characters costs the shim no process', () => {
  expect(goPipeLine(Buffer.from('PATH=/usr/bin:~/"x" $y\\'))).toBe('=PATH=/usr/bin:~/"x" $y\\');
  expect(goPipeLine(Buffer.from('A=\n'))).toBe('+A=\\0012');
});

/** The loop of the shim that reads the go pipe. */
function readWords(): string {
  const loop = /^while IFS= read -r ghost_shim_line;[\s\S]*?^done$/m.exec(shimText);
  if (loop === null) throw new Error('the shim has no such loop any more');
  return loop[0];
}
