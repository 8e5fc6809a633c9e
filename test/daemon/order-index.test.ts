import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { LogRange } from '../../src/daemon/log-range.ts';
import { OrderReader, OrderWriter, orderRecordBytes } from '../../src/daemon/order-index.ts';
import { microseconds } from '../support/facts.ts';

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'order-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'order.idx');
}

const at = microseconds(1_795_356_300_000_123);

test('what is noted is read back, with its time to the microsecond, and null where nobody was there', () => {
  const path = newPath();
  using writer = new OrderWriter(path);
  using reader = new OrderReader(path);
  expect(reader.count()).toBe(0);
  expect(writer.note({ stdout: 5, stderr: 0 }, { at })).toBe(true);
  expect(writer.note({ stdout: 5, stderr: 2 ** 40 }, { at: null })).toBe(true);
  expect([reader.at(0), reader.at(1), reader.at(2), reader.at(-1)]).toEqual([
    { at, stdout: 5, stderr: 0 },
    { at: null, stdout: 5, stderr: 2 ** 40 },
    null,
    null,
  ]);
  expect(readFileSync(path)).toHaveLength(2 * orderRecordBytes);
});

test('what did not grow is not noted, and a stream never goes back', () => {
  const path = newPath();
  using writer = new OrderWriter(path);
  using reader = new OrderReader(path);
  expect(writer.note({ stdout: 0, stderr: 0 }, { at })).toBe(false);
  expect(writer.note({ stdout: 9, stderr: 9 }, { at })).toBe(true);
  expect(writer.note({ stdout: 3, stderr: 9 }, { at })).toBe(false);
  expect(writer.note({ stdout: 3, stderr: 12 }, { at })).toBe(true);
  expect(reader.at(1)).toMatchObject({ stdout: 9, stderr: 12 });
  expect(reader.count()).toBe(2);
});

test.each([1, 23])('a record of which only %i bytes came is left out, and the next daemon notes it again', (bytes) => {
  const path = newPath();
  {
    using writer = new OrderWriter(path);
    writer.note({ stdout: 1, stderr: 0 }, { at });
    writer.note({ stdout: 2, stderr: 0 }, { at });
  }
  truncateSync(path, orderRecordBytes + bytes);
  using reader = new OrderReader(path);
  expect(reader.count()).toBe(1);
  using writer = new OrderWriter(path);
  expect(writer.last).toMatchObject({ stdout: 1, stderr: 0 });
  writer.note({ stdout: 2, stderr: 1 }, { at: null });
  expect(reader.count()).toBe(2);
  expect(reader.at(1)).toEqual({ at: null, stdout: 2, stderr: 1 });
});

test('the first record past a cursor is found in either stream or one, at the beginning, in the middle and at the end', () => {
  const path = newPath();
  using writer = new OrderWriter(path);
  using reader = new OrderReader(path);
  const whole = { since: null, until: null, before: null, unindexed: null };
  expect(new LogRange(reader, whole).firstPast({ stdout: 0, stderr: 0 }, 'both')).toBe(0);
  writer.note({ stdout: 10, stderr: 0 }, { at });
  writer.note({ stdout: 10, stderr: 10 }, { at });
  writer.note({ stdout: 20, stderr: 10 }, { at });
  const range = new LogRange(reader, whole);
  const past = (stdout: number, stderr: number): readonly number[] =>
    (['both', 'stdout', 'stderr'] as const).map((wanted) => range.firstPast({ stdout, stderr }, wanted));
  expect(past(0, 0)).toEqual([0, 0, 1]);
  expect(past(9, 0)).toEqual([0, 0, 1]);
  expect(past(10, 0)).toEqual([1, 2, 1]);
  expect(past(10, 9)).toEqual([1, 2, 1]);
  expect(past(10, 10)).toEqual([2, 2, 3]);
  expect(past(19, 10)).toEqual([2, 2, 3]);
  expect(past(20, 10)).toEqual([3, 3, 3]);
  expect(past(99, 99)).toEqual([3, 3, 3]);
});

test('records are read in blocks, and one that comes into being within the last block is seen', () => {
  const path = newPath();
  using writer = new OrderWriter(path);
  using reader = new OrderReader(path);
  for (let stdout = 1; stdout <= 600; stdout += 1) {
    writer.note({ stdout, stderr: 0 }, { at });
    expect(reader.at(stdout - 1)).toEqual({ at, stdout, stderr: 0 });
    expect(reader.at(stdout)).toBeNull();
  }
  expect([0, 255, 256, 511, 512, 599].map((index) => reader.at(index)?.stdout)).toEqual([1, 256, 257, 512, 513, 600]);
  expect([-1, 600].map((index) => reader.at(index))).toEqual([null, null]);
  expect(reader.firstCovering({ stdout: 300, stderr: 0 })).toBe(299);
  expect(reader.firstCovering({ stdout: 300, stderr: 1 })).toBe(600);
});

test('an index that comes into being while it is read is seen', () => {
  const path = newPath();
  using reader = new OrderReader(path);
  expect([reader.count(), reader.at(0)]).toEqual([0, null]);
  using writer = new OrderWriter(path);
  writer.note({ stdout: 1, stderr: 1 }, { at });
  expect(reader.count()).toBe(1);
});

test('an index that cannot be read is no empty one', () => {
  const path = newPath();
  writeFileSync(path, '');
  using reader = new OrderReader(join(path, 'below-a-file'));
  expect(() => reader.count()).toThrow('ENOTDIR');
});
