import fc from 'fast-check';
import { expect, test } from 'vitest';

import { dressed } from '../../src/ui/colours.ts';
import { lineRuns, plainText } from '../../src/ui/line-text.ts';

const shown = (line: string): string => plainText(lineRuns(line));
const painted = (line: string): string =>
  lineRuns(line)
    .map(({ text, look }) => dressed(text, look))
    .join('');

test('colours stay, each stretch closed by itself', () => {
  expect(painted('a\u001b[31mb\u001b[1mc\u001b[0md')).toBe('a\u001b[31mb\u001b[0m\u001b[1;31mc\u001b[0md');
  expect(painted('\u001b[38;5;208mx\u001b[48;2;1;2;3my')).toBe(
    '\u001b[38;5;208mx\u001b[0m\u001b[38;5;208;48;2;1;2;3my\u001b[0m',
  );
  expect(painted('\u001b[38:2::1:2:3mx')).toBe('\u001b[38;2;1;2;3mx\u001b[0m');
});

test('what is concealed or blinks is plain', () => {
  expect(painted('\u001b[8mhidden\u001b[5mblink')).toBe('hiddenblink');
});

test.for([
  ['the cursor moved', 'a\u001b[2J\u001b[Hb', 'ab'],
  ['a title', 'a\u001b]0;title\u0007b', 'ab'],
  ['a title that ends with ST', 'a\u001b]0;title\u001b\\b', 'ab'],
  ['the clipboard', 'a\u001b]52;c;ZXZpbA==\u0007b', 'ab'],
  ['a device control string', 'a\u001bPq#0\u001b\\b', 'ab'],
  ['the alternate screen', 'a\u001b[?1049hb', 'ab'],
  ['an 8-bit CSI', 'a\u009b2Jb', 'ab'],
  ['a reset of the terminal', 'a\u001bcb', 'ab'],
  ['another character set', 'a\u001b(0b', 'ab'],
  ['mouse reports', 'a\u001b[?1000hb', 'ab'],
] as const)('%s leaves nothing', ([, line, left]) => {
  expect(shown(line)).toBe(left);
});

test('other controls are made visible', () => {
  expect(shown('bell\u0007')).toBe('bell\\x07');
  expect(shown('back\b')).toBe('back\\x08');
  expect(shown('\u202eevil\u2066')).toBe('\\u{202e}evil\\u{2066}');
  expect(shown('lone \u001b')).toBe('lone \\e');
  expect(shown('a\u0085b')).toBe('a\\x85b');
});

test('tabs are spaces up to the next eighth column, also after wide characters', () => {
  expect(shown('a\tb')).toBe('a       b');
  expect(shown('日本\tb')).toBe('日本    b');
  expect(shown('12345678\tb')).toBe('12345678        b');
});

test('of a line that was written over from its beginning the last writing counts', () => {
  expect(shown('10%\r50%\r100%')).toBe('100%');
  expect(shown('done\r')).toBe('done');
});

test('whatever a task writes, nothing but colours is left that a terminal acts on', () => {
  const nasty = fc.string({
    unit: fc.constantFrom(
      '\u001b',
      '[',
      ']',
      '0',
      ';',
      'm',
      'H',
      '\u0007',
      '\u009b',
      '\u009d',
      '\\',
      'P',
      '?',
      'a',
      '日',
      '\t',
    ),
    maxLength: 60,
  });
  fc.assert(
    fc.property(nasty, (line) => {
      expect(shown(line)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(painted(line).replaceAll(/\u001b\[[\d;]+m/g, '')).not.toMatch(/\p{Cc}/u);
    }),
  );
});
