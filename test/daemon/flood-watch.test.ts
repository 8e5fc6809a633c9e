import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FloodWatch, floodBytesPerMs, lyingBytesMax, windowMs } from '../../src/daemon/flood-watch.ts';
import { taskId } from '../support/facts.ts';

const id = taskId(7);
let now = 0;
let roomBytes = Number.MAX_SAFE_INTEGER;
let again: number[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  now = 1_000;
  roomBytes = Number.MAX_SAFE_INTEGER;
  again = [];
});
afterEach(() => void vi.useRealTimers());

function watch(): FloodWatch {
  return new FloodWatch({ roomBytes: () => roomBytes, again: (task) => again.push(task), nowMs: () => now });
}

/** What is said of a task that has grown to so many bytes after a window, all of which lie there. */
function after(floods: FloodWatch, bytes: number, { ms = windowMs, lyingBytes = bytes } = {}): boolean {
  now += ms;
  return floods.letsLie(id, { bytes, lyingBytes });
}

test('what grows as fast as a flood is left to lie, what grows more slowly is not, and the first look tells nothing', () => {
  using floods = watch();
  const flood = floodBytesPerMs * windowMs;
  expect(after(floods, 10 * flood)).toBe(false);
  expect(after(floods, 11 * flood)).toBe(true);
  expect(after(floods, 12 * flood - 1)).toBe(false);
  expect(after(floods, 13 * flood)).toBe(true);
  expect(after(floods, 13 * flood)).toBe(false);
});

test('within a window nothing new is said, however much comes', () => {
  using floods = watch();
  expect(after(floods, 0)).toBe(false);
  expect(after(floods, 2 ** 29, { ms: windowMs - 1 })).toBe(false);
  expect(after(floods, 2 ** 29, { ms: 1 })).toBe(true);
  expect(after(floods, 2 ** 29, { ms: windowMs - 1 })).toBe(true);
});

test('it lies no higher than it may, and no higher than a quarter of the room that there is', () => {
  using floods = watch();
  after(floods, 0);
  expect(after(floods, 2 ** 30, { lyingBytes: lyingBytesMax - 1 })).toBe(true);
  expect(after(floods, 2 ** 31, { lyingBytes: lyingBytesMax })).toBe(false);
  roomBytes = 4 * 2 ** 20;
  expect(after(floods, 2 ** 32, { lyingBytes: 2 ** 20 - 1 })).toBe(true);
  expect(after(floods, 2 ** 33, { lyingBytes: 2 ** 20 })).toBe(false);
  roomBytes = 0;
  expect(after(floods, 2 ** 34, { lyingBytes: 0 })).toBe(false);
});

test('a task whose output was left to lie is looked at again, and not when it writes no more', () => {
  using floods = watch();
  after(floods, 0);
  expect(after(floods, 2 ** 30 - 1)).toBe(true);
  expect(floods.letsLie(id, { bytes: 2 ** 30 - 1, lyingBytes: 0 })).toBe(true);
  vi.advanceTimersByTime(windowMs);
  expect(again).toEqual([id]);
  expect(after(floods, 2 ** 31, { lyingBytes: 0 })).toBe(true);
  floods.forget(id);
  vi.advanceTimersByTime(windowMs);
  expect(again).toEqual([id]);
  // Another one by then: of it nothing is known.
  expect(after(floods, 2 ** 32, { lyingBytes: 0 })).toBe(false);
});

test('nothing is asked for any more when the watch is over', () => {
  {
    using floods = watch();
    after(floods, 0);
    expect(after(floods, 2 ** 29)).toBe(true);
  }
  vi.advanceTimersByTime(10 * windowMs);
  expect(again).toEqual([]);
});
