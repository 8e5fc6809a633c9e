import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { styleFor } from '../../src/cli/style.ts';
import { quoteCommand } from '../../src/shell-quote.ts';
import { byteText } from '../../src/words/byte-text.ts';
import { nearest } from '../../src/words/nearest.ts';
import { shortTime, tookText } from '../../src/words/time-text.ts';
import { visible } from '../../src/words/visible.ts';

process.env['TZ'] = 'UTC';

test.for([
  ['plain text, 日本語 and 👍🏽', 'plain text, 日本語 and 👍🏽'],
  ['a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['\u001b[31mred', '\\e[31mred'],
  ['\u0000\u0007\u007f\u0085\u009b', '\\x00\\x07\\x7f\\x85\\x9b'],
  ['\u202ecod.exe\u2066\u200f', '\\u{202e}cod.exe\\u{2066}\\u{200f}'],
  ['a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
  ['half \ud83d a pair', 'half \\u{d83d} a pair'],
])('%j is shown as %s', ([text = '', shown]) => {
  expect(visible(text)).toBe(shown);
});

test.for([
  [['ls', '-la', '/tmp/a.b_c'], 'ls -la /tmp/a.b_c'],
  [['echo', '', 'two words', "it's"], "echo '' 'two words' 'it'\\''s'"],
  [['A=1', 'A=1', '=x', '~', '日本語'], "'A=1' A=1 '=x' '~' 日本語"],
  [['printf', 'a\nb', "\u001b'\\"], "printf $'a\\nb' $'\\e\\'\\\\'"],
  [['x', '\u00071', '\u202e1', '\u0085'], "x $'\\0071' $'\\u202e1' $'\\u0085'"],
] as const)('%j can be pasted', ([words, text]) => {
  expect(quoteCommand(words)).toBe(text);
});

test('bash reads back every quoted command line as the words that it was', () => {
  const word = fc.string({
    unit: fc.constantFrom(...'aZ9 \'"\\$`!*?[]{}()<>|&;#~=%^-_./\n\t\r\u001b\u0001\u007f\u0085\u202e\u2028é日👍'),
    minLength: 1,
  });
  const commands = fc.sample(fc.array(word, { minLength: 1, maxLength: 4 }), 200);
  const script = commands.map((words) => `printf '%s\\0' ${quoteCommand(['x', ...words])}; printf '\\0'`).join('\n');
  const read = execFileSync('bash', ['-s'], {
    input: script,
    env: { LC_ALL: 'C.UTF-8', PATH: '/usr/bin:/bin' },
  }).toString();
  expect(read).toBe(commands.map((words) => `${['x', ...words].join('\0')}\0\0`).join(''));
});

test.for([
  [0, '0ms'],
  [999, '999ms'],
  [1200, '1.2s'],
  [59_999, '59.9s'],
  [60_000, '1m 00s'],
  [185_000, '3m 05s'],
  [3_599_999, '59m 59s'],
  [7_800_000, '2h 10m'],
  [86_399_999, '23h 59m'],
  [356_400_000, '4d 3h'],
  [-5, '0ms'],
] as const)('%d ms took %s', ([ms, text]) => {
  expect(tookText(ms)).toBe(text);
});

test.for([
  ['2026-11-22T00:00:00Z', '00:00:00'],
  ['2026-11-21T23:59:59Z', 'yesterday 23:59'],
  ['2026-11-20T14:30:00Z', '2026-11-20 14:30'],
  ['2025-11-22T14:30:00Z', '2025-11-22 14:30'],
] as const)('on 22 November 2026, %s is %s', ([at, text]) => {
  expect(shortTime({ atMs: Date.parse(at), nowMs: Date.parse('2026-11-22T14:05:00Z') })).toBe(text);
});

test('the day before the first of a month is yesterday', () => {
  expect(shortTime({ atMs: Date.parse('2026-02-28T08:00:00Z'), nowMs: Date.parse('2026-03-01T09:00:00Z') })).toBe(
    'yesterday 08:00',
  );
});

test.for([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_048_575, '1.0 MiB'],
  [35_651_584, '34.0 MiB'],
  [5e15, '4547.5 TiB'],
] as const)('%d bytes are %s', ([bytes, text]) => {
  expect(byteText(bytes)).toBe(text);
});

test('a mistyped word is given the nearest that exists, and nonsense none', () => {
  const words = ['run', 'list', 'log', 'status', 'stop'];
  expect(['lst', 'sta', 'sotp', 'RUN', 'xyzzy', ''].map((word) => nearest(word, words))).toEqual([
    'list',
    'status',
    'stop',
    'run',
    null,
    null,
  ]);
});

test('colour needs a terminal that can, and nobody who says no', () => {
  const coloured = (question: Partial<Parameters<typeof styleFor>[0]>): boolean =>
    styleFor({ isTerminal: true, environment: {}, refused: false, ...question }).bold('x') !== 'x';
  expect(coloured({})).toBe(true);
  expect(coloured({ environment: { NO_COLOR: '', TERM: 'xterm' } })).toBe(true);
  expect(coloured({ isTerminal: false })).toBe(false);
  expect(coloured({ refused: true })).toBe(false);
  expect(coloured({ environment: { NO_COLOR: '1' } })).toBe(false);
  expect(coloured({ environment: { TERM: 'dumb' } })).toBe(false);
});
