import { expect, test } from 'vitest';

import { LogHits } from '../../src/ui/log-hits.ts';
import { marksMax } from '../../src/ui/log-marks.ts';
import { rowsOfLine, type RowOptions } from '../../src/ui/log-rows.ts';
import { windowOf } from './log-chunks.ts';

const options: RowOptions = { columns: 10, wrap: false, times: false, pattern: null, colour: true };

test('what is looked for is inverted, whatever its colours', () => {
  const [line] = windowOf([['stdout', 'a \u001b[31mre\u001b[32md\u001b[0m b\n']]).lines;
  if (line === undefined) throw new Error('there is a line');
  expect(rowsOfLine(line, { ...options, pattern: /red/ })[0]?.text).toBe(
    'a \u001b[7;31mre\u001b[0m\u001b[7;32md\u001b[0m b',
  );
  expect(rowsOfLine(line, { ...options, colour: false })[0]?.text).toBe('a red b');
});

/** What is drawn inverted of a line. */
function markedIn(text: string, pattern: RegExp, columns = 60): readonly string[] {
  const [line] = windowOf([['stdout', `${text}\n`]]).lines;
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
