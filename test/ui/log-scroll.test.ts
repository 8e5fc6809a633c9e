import { expect, test } from 'vitest';

import type { RowOptions } from '../../src/ui/log-rows.ts';
import { type Anchor, scrolled, seenRows } from '../../src/ui/log-scroll.ts';
import type { LogWindow } from '../../src/ui/log-window.ts';
import { windowOf } from './log-chunks.ts';

const options: RowOptions = { columns: 10, wrap: false, times: false, pattern: null, colour: true };
const texts = (window: LogWindow, anchor: Anchor | null): readonly string[] =>
  seenRows(window, { anchor, height: 3, options }).map(({ text }) => text);
const numbers = windowOf([['stdout', Array.from({ length: 9 }, (_, line) => `${line + 1}\n`).join('')]]);

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

test('a line that is wrapped is scrolled through row by row', () => {
  const long = windowOf([['stdout', 'abcdefghijklmnopqrstuvwxyz\n']]);
  const given = { height: 2, options: { ...options, wrap: true } };
  expect(scrolled(long, { ...given, anchor: null, by: -1 }).anchor).toEqual({ place: 0, row: 0 });
});
