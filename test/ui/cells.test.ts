import fc from 'fast-check';
import { expect, test } from 'vitest';

import { cut, fit, takeColumns, widthOf, wrapColumns, wrapText } from '../../src/ui/cells.ts';

const texts = fc.string({ unit: fc.constantFrom('a', 'é', '日', '👍', '👩‍👩‍👧', 'م', ' ', '…'), maxLength: 40 });
const widths = fc.integer({ min: 1, max: 30 });

test('a fitted text takes exactly its columns', () => {
  fc.assert(
    fc.property(texts, widths, (text, columns) => {
      expect(widthOf(fit(text, columns))).toBe(columns);
    }),
  );
});

test('a text is cut between characters and says that it was', () => {
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('日本語', 6)).toBe('日本語');
  expect(fit('42', 5, { align: 'right' })).toBe('   42');
  expect(takeColumns('👩‍👩‍👧x', 1)).toBe('');
});

test('rows of a wrapped text are the text again, and none is too wide', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, columns) => {
      const rows = wrapColumns(text, columns);
      expect(rows.join('')).toBe(text);
      expect(Math.max(...rows.map(widthOf))).toBeLessThanOrEqual(columns);
    }),
  );
});

test('words are wrapped at spaces, and a word that is too long anywhere', () => {
  expect(wrapText('one two three', 8)).toEqual(['one two', 'three']);
  expect(wrapText('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
});

test('of a text of a million characters only the beginning is looked at', () => {
  expect(takeColumns('日'.repeat(1_000_000), 10)).toBe('日'.repeat(5));
});
