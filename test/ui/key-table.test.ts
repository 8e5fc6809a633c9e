import { expect, test } from 'vitest';

import type { Place } from '../../src/ui/key-binding.ts';
import { actionFor, hintsFor, keyTable } from '../../src/ui/key-table.ts';
import { helpLines } from '../../src/ui/page-lines.ts';

const places: readonly Place[] = ['table', 'log', 'past-table', 'past-log', 'page', 'history', 'lost'];

test('a key means one thing in one place', () => {
  for (const place of places) {
    const keys = keyTable.filter((binding) => binding.places.includes(place)).flatMap(({ keys }) => keys);
    expect(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      place,
    ).toEqual([]);
  }
});

test('the help shows every key that there is, and what it shows is what works', () => {
  const help = helpLines(80).map(({ text }) => text);
  for (const {
    shown,
    help: words,
    keys,
    places: [place],
  } of keyTable) {
    expect(
      help.some((line) => line.includes(shown) && line.includes(words)),
      `${shown} ${words}`,
    ).toBe(true);
    if (place === undefined) throw new Error(`${shown} works nowhere`);
    for (const key of keys) expect(actionFor(key, place), `${key} in ${place}`).not.toBeNull();
  }
});

test('the help fits into a narrow terminal, and stands in two columns in a wide one', () => {
  for (const columns of [56, 96, 246]) {
    expect(Math.max(...helpLines(columns).map(({ text }) => text.trimEnd().length))).toBeLessThanOrEqual(columns);
  }
  expect(helpLines(200).length).toBeLessThan(helpLines(80).length);
});

test('nothing is changed from the past', () => {
  for (const key of ['r', 's', 'k', 'R', 'w', 'd']) {
    for (const place of ['past-table', 'past-log'] as const) expect(actionFor(key, place)).toBeNull();
  }
});

test('every place says how to leave it', () => {
  for (const place of places) expect(hintsFor(place).length, place).toBeGreaterThan(0);
});
