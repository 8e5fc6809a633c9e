import { expect, test } from 'vitest';

import type { RowOptions } from '../../src/ui/log-rows.ts';
import { seenRows } from '../../src/ui/log-scroll.ts';
import type { LogWindow } from '../../src/ui/log-window.ts';
import { windowOf } from './log-chunks.ts';

const options: RowOptions = { columns: 10, wrap: false, times: false, pattern: null, colour: true };
const texts = (window: LogWindow, more: Partial<RowOptions> = {}): readonly string[] =>
  seenRows(window, { anchor: null, height: 3, options: { ...options, ...more } }).map(({ text }) =>
    text.replaceAll(/\u001b\[[\d;]*m/g, ''),
  );

test('long lines are cut with a sign, or wrapped', () => {
  const long = windowOf([['stdout', 'abcdefghijklmnopqrstuvwxyz\n']]);
  expect(texts(long)).toEqual(['abcdefghi›']);
  expect(texts(long, { wrap: true })).toEqual(['abcdefghij', 'klmnopqrst', 'uvwxyz']);
});

test('wide characters are never cut through', () => {
  expect(texts(windowOf([['stdout', '日本語日本語\n']]), { wrap: true, columns: 5 })).toEqual(['日本', '語日', '本語']);
});

test('times and streams stand before the lines, and under them when they wrap', () => {
  const rows = texts(windowOf([['stderr', 'abcdefghij\n']]), { times: true, wrap: true, columns: 22 });
  expect(rows[0]).toMatch(/^\d\d:\d\d:00\.000 err abcde$/);
  expect(rows[1]).toBe(`${' '.repeat(17)}fghij`);
});

test('a line of a megabyte is laid out no further than it is seen', () => {
  const window = windowOf([['stdout', `${'x'.repeat(1_000_000)}\n`]]);
  const [row] = texts(window, { columns: 40 });
  expect(row).toBe(`${'x'.repeat(39)}›`);
  expect(texts(window, { columns: 40, wrap: true }).join('')).toMatch(/x … 960\.6 KiB more$/);
});
