import { expect, test } from 'vitest';

import {
  emptyWindow,
  firstLines,
  heldBytesMax,
  type LogWindow,
  placeOf,
  windowBytesMax,
  windowLinesMax,
  withChunk,
  withEarlier,
} from '../../src/ui/log-window.ts';
import { chunkOf, saidBy, windowOf } from './log-chunks.ts';

const textsOf = ({ lines }: LogWindow): readonly string[] =>
  lines.map(({ stream, bytes }) => `${stream}:${Buffer.from(bytes).toString()}`);

test('lines are put together over chunks, each where it began', () => {
  const window = windowOf([
    ['stdout', 'one\ntw'],
    ['stderr', 'err\n'],
    ['stdout', 'o\nthree'],
  ]);
  expect(textsOf(window)).toEqual(['stdout:one', 'stdout:two', 'stderr:err', 'stdout:three']);
  expect(window.lines.map(({ open }) => open)).toEqual([false, false, false, true]);
  expect(window.lines.map(placeOf)).toEqual([0, 4, 6, 12]);
  expect(window.end).toEqual({ stdout: 13, stderr: 4 });
});

test('an empty line is a line', () => {
  expect(textsOf(windowOf([['stdout', '\n\na\n']]))).toEqual(['stdout:', 'stdout:', 'stdout:a']);
});

test('of a very long line the beginning is held, and the rest counted', () => {
  const window = windowOf([
    ['stdout', 'x'.repeat(heldBytesMax - 1)],
    ['stdout', `${'y'.repeat(1_000_000)}\nnext\n`],
  ]);
  const [line, next] = window.lines;
  expect(line?.bytes.length).toBe(heldBytesMax);
  expect(line?.leftOut).toBe(1_000_000 - 1);
  expect(Buffer.from(next?.bytes ?? []).toString()).toBe('next');
  // The same of one that came at once.
  for (const over of [0, 1]) {
    const [whole] = windowOf([['stdout', `${'x'.repeat(heldBytesMax + over)}\n`]]).lines;
    expect([whole?.bytes.length, whole?.leftOut]).toEqual([heldBytesMax, over]);
  }
});

test('no more lines are held than the limit, and the oldest go', () => {
  const all = Array.from({ length: windowLinesMax + 1 }, (_, line) => `${line}\n`).join('');
  const window = windowOf([['stdout', all]]);
  expect(window.lines).toHaveLength(windowLinesMax);
  expect(textsOf(window)[0]).toBe('stdout:1');
  expect(windowOf([['stdout', all.replace('0\n', '')]]).lines).toHaveLength(windowLinesMax);
});

test('no more bytes are held than the limit, each line with what it costs besides', () => {
  const line = `${'x'.repeat(heldBytesMax)}\n`;
  const [one] = [windowOf([['stdout', line]])];
  const fit = Math.floor(windowBytesMax / one.bytes);
  const full = windowOf([['stdout', line.repeat(fit)]]);
  expect(full.lines).toHaveLength(fit);
  const more = windowOf([['stdout', line.repeat(fit + 1)]]);
  expect(more.lines).toHaveLength(fit);
  expect(more.bytes).toBeLessThanOrEqual(windowBytesMax);
  expect(more.lines[0]?.start.stdout).toBe(line.length);
  // To the very byte, at either end: what is left of the room is given to one line more.
  const overhead = one.bytes - heldBytesMax;
  const filling = (bytes: number): string => `${'y'.repeat(windowBytesMax - full.bytes - overhead + bytes)}\n`;
  const all = windowOf([
    ['stdout', line.repeat(fit)],
    ['stdout', filling(0)],
  ]);
  expect([all.lines.length, all.bytes]).toEqual([fit + 1, windowBytesMax]);
  expect(
    windowOf([
      ['stdout', line.repeat(fit)],
      ['stdout', filling(1)],
    ]).lines,
  ).toHaveLength(fit);
  for (const [bytes, count] of [
    [0, fit + 1],
    [1, fit],
  ] as const) {
    const first = filling(bytes);
    const later = saidBy([['stdout', line.repeat(fit)]], { stdout: first.length, stderr: 0 });
    const window = later.reduce(withChunk, emptyWindow);
    expect(withEarlier(window, windowOf([['stdout', first]])).lines).toHaveLength(count);
  }
});

test('an earlier page goes before, a line across the border becomes one, and the end gives way', () => {
  const [first, second] = saidBy([
    ['stdout', 'a\nbe'],
    ['stdout', 'gun\nc\n'],
  ]);
  if (first === undefined || second === undefined) throw new Error('two chunks were said');
  const later = withChunk(emptyWindow, second);
  const whole = withEarlier(later, { ...withChunk(emptyWindow, first), atStart: true });
  expect(textsOf(whole)).toEqual(['stdout:a', 'stdout:begun', 'stdout:c']);
  expect(whole.atStart).toBe(true);

  const many = windowOf([['stderr', 'e\n'.repeat(windowLinesMax)]]);
  const grown = withEarlier({ ...many, end: { stdout: 2, stderr: windowLinesMax * 2 } }, windowOf([['stdout', 'a\n']]));
  expect(grown.lines).toHaveLength(windowLinesMax);
  expect(grown.end.stderr).toBe(windowLinesMax * 2 - 2);
});

test('a chunk is cut after so many lines, and read on from there', () => {
  const [chunk] = saidBy([['stdout', 'a\nb\nc']]);
  if (chunk === undefined) throw new Error('a chunk was said');
  const cut = firstLines(chunk, 2);
  expect([Buffer.from(cut.data).toString(), cut.cursor.stdout]).toEqual(['a\nb\n', 4]);
  expect(firstLines(chunk, 3)).toBe(chunk);
});

test('what is gone has a place of its own', () => {
  const gone = { bytes: 100, prunedAt: '2026-11-24T08:00:00.000Z', reason: 'task-limit' } as const;
  const chunk = { ...chunkOf('stdout', '', { stdout: 100, stderr: 0 }), missing: gone };
  const window = [chunk, chunkOf('stdout', 'after\n', { stdout: 106, stderr: 0 })].reduce(withChunk, emptyWindow);
  expect(window.lines.map(placeOf)).toEqual([0, 100]);
  expect(window.lines[0]?.gone).toEqual(gone);
});
