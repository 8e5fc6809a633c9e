import { expect, test } from 'vitest';

import { LogHits } from '../../src/ui/log-hits.ts';
import { marksMax } from '../../src/ui/log-marks.ts';
import { rowsOfLine, type RowOptions } from '../../src/ui/log-rows.ts';
import { type Anchor, scrolled, seenRows } from '../../src/ui/log-scroll.ts';
import { emptyWindow, type LogWindow, withChunk } from '../../src/ui/log-window.ts';
import { type SaidPiece, saidBy } from './log-chunks.ts';

const options: RowOptions = { columns: 10, wrap: false, times: false, pattern: null, colour: true };
const windowOf = (...said: readonly SaidPiece[]): LogWindow => saidBy(said).reduce(withChunk, emptyWindow);
const texts = (window: LogWindow, anchor: Anchor | null, more: Partial<RowOptions> = {}): readonly string[] =>
  seenRows(window, { anchor, height: 3, options: { ...options, ...more } }).map(({ text }) =>
    text.replaceAll(/\u001b\[[\d;]*m/g, ''),
  );
const numbers = windowOf(['stdout', Array.from({ length: 9 }, (_, line) => `${line + 1}\n`).join('')]);

test('the end is shown, or what follows an anchor', () => {
  expect(texts(numbers, null)).toEqual(['7', '8', '9']);
  expect(texts(numbers, { place: 2, row: 0 })).toEqual(['2', '3', '4']);
});

test('scrolling goes row by row and tells when what is held ends', () => {
  const up = scrolled(numbers, { anchor: null, by: -2, height: 3, options });
  expect(up).toEqual({ anchor: { place: 8, row: 0 }, short: false });
  expect(scrolled(numbers, { anchor: up.anchor, by: -9, height: 3, options })).toEqual({
    anchor: { place: 0, row: 0 },
    short: true,
  });
  expect(scrolled(numbers, { anchor: { place: 4, row: 0 }, by: 3, height: 3, options }).anchor).toEqual({
    place: 10,
    row: 0,
  });
  expect(scrolled(numbers, { anchor: { place: 4, row: 0 }, by: 50, height: 3, options })).toEqual({
    anchor: { place: 12, row: 0 },
    short: true,
  });
});

test('long lines are cut with a sign, or wrapped', () => {
  const long = windowOf(['stdout', 'abcdefghijklmnopqrstuvwxyz\n']);
  expect(texts(long, null)).toEqual(['abcdefghi›']);
  expect(texts(long, null, { wrap: true })).toEqual(['abcdefghij', 'klmnopqrst', 'uvwxyz']);
  expect(scrolled(long, { anchor: null, by: -1, height: 2, options: { ...options, wrap: true } }).anchor).toEqual({
    place: 0,
    row: 0,
  });
});

test('wide characters are never cut through', () => {
  expect(texts(windowOf(['stdout', '日本語日本語\n']), null, { wrap: true, columns: 5 })).toEqual([
    '日本',
    '語日',
    '本語',
  ]);
});

test('times and streams stand before the lines, and under them when they wrap', () => {
  const rows = texts(windowOf(['stderr', 'abcdefghij\n']), null, { times: true, wrap: true, columns: 22 });
  expect(rows[0]).toMatch(/^\d\d:\d\d:00\.000 err abcde$/);
  expect(rows[1]).toBe(`${' '.repeat(17)}fghij`);
});

test('what is looked for is inverted, whatever its colours', () => {
  const [line] = windowOf(['stdout', 'a \u001b[31mre\u001b[32md\u001b[0m b\n']).lines;
  if (line === undefined) throw new Error('there is a line');
  expect(rowsOfLine(line, { ...options, pattern: /red/ })[0]?.text).toBe(
    'a \u001b[7;31mre\u001b[0m\u001b[7;32md\u001b[0m b',
  );
  expect(rowsOfLine(line, { ...options, colour: false })[0]?.text).toBe('a red b');
});

test('a line of a megabyte is laid out no further than it is seen', () => {
  const window = windowOf(['stdout', `${'x'.repeat(1_000_000)}\n`]);
  const [row] = texts(window, null, { columns: 40 });
  expect(row).toBe(`${'x'.repeat(39)}›`);
  expect(texts(window, null, { columns: 40, wrap: true }).join('')).toMatch(/x … 960\.6 KiB more$/);
});

/** What is drawn inverted of a line. */
function markedIn(text: string, pattern: RegExp, columns = 60): readonly string[] {
  const [line] = windowOf(['stdout', `${text}\n`]).lines;
  if (line === undefined) throw new Error('there is a line');
  const drawn = rowsOfLine(line, { ...options, columns, wrap: true, pattern })
    .map((row) => row.text)
    .join('');
  return [...drawn.matchAll(/\u001b\[7m([^\u001b]*)\u001b\[0m/g)].map(([, marks = '']) => marks);
}

test('what the search finds is what is marked', () => {
  expect(markedIn('Grün oder Äpfel', new LogHits('\\p{Lu}').search.pattern)).toEqual(['G', 'Ä']);
  expect(markedIn('a 😀 b 😂', new LogHits('[😀😁]').search.pattern)).toEqual(['😀']);
  expect(markedIn('one ERROR', new LogHits('error').search.pattern)).toEqual(['ERROR']);
});

test('a character is marked whole, also where the pattern takes it for two', () => {
  expect(markedIn('a😀b', /a./)).toEqual(['a😀']);
  expect(markedIn('😀b', /[^a]/).join('')).toBe('😀b');
  expect(markedIn('x😀', /\ude00/)).toEqual(['😀']);
});

test('so many are marked in a line, and no more', () => {
  const marks = (count: number): number => markedIn('x '.repeat(count), /x/, 1_000).length;
  expect(marks(marksMax)).toBe(marksMax);
  expect(marks(marksMax + 1)).toBe(marksMax);
});

test('a pattern that takes for ever marks nothing', () => {
  expect(markedIn(`${'a'.repeat(60)}b`, /(a+)+$/)).toEqual([]);
});
