import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { bytesOnDisk } from '../../src/daemon/file-system.ts';
import { loadKernel, withoutKernel } from '../../src/daemon/kernel.ts';
import { foldOrder } from '../../src/daemon/order-fold.ts';
import { OrderReader, OrderWriter, orderRecordBytes, unitBytes, unitRecords } from '../../src/daemon/order-index.ts';
import type { LogCursor } from '../../src/protocol/messages.ts';
import { microseconds } from '../support/facts.ts';

const kernel = loadKernel();
/** Four units and a bit: stdout grows by ten bytes a record, stderr by one where it is said. */
const records = 4 * unitRecords + 5;

function newIndex({ stderrAt }: { readonly stderrAt: readonly number[] }): string {
  const folder = mkdtempSync(join(tmpdir(), 'fold-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'order.idx');
  const bytes = Buffer.alloc(records * orderRecordBytes);
  let stderr = 0;
  for (let index = 0; index < records; index += 1) {
    if (stderrAt.includes(index)) stderr += 1;
    bytes.writeDoubleLE(timeOf(index), index * orderRecordBytes);
    bytes.writeDoubleLE((index + 1) * 10, index * orderRecordBytes + 8);
    bytes.writeDoubleLE(stderr, index * orderRecordBytes + 16);
  }
  writeFileSync(path, bytes);
  return path;
}

function timeOf(index: number): number {
  return 1_000_000 + index * 33_000;
}

async function prune(path: string, { to, stderrTo = 0 }: { to: number; stderrTo?: number }): Promise<void> {
  const prunedTo: LogCursor = { stdout: to, stderr: stderrTo };
  await foldOrder(path, { kernel, pruned: { stream: 'stdout', from: 0, to }, prunedTo });
}

test('what is folded takes no room, and tells of its end what it told before', async () => {
  const path = newIndex({ stderrAt: [] });
  await prune(path, { to: (2 * unitRecords + 7) * 10 });
  expect(bytesOnDisk(path)).toBeLessThan(3 * unitBytes);
  expect(statSync(path).size).toBe(records * orderRecordBytes);
  using order = new OrderReader(path);
  expect(order.count()).toBe(records);
  const told = Array.from({ length: records }, (_, index) => order.at(index));
  const untouched = Array.from({ length: records }, (_, index) => ({
    at: timeOf(index),
    stdout: (index + 1) * 10,
    stderr: 0,
  }));
  expect(told.slice(2 * unitRecords)).toEqual(untouched.slice(2 * unitRecords));
  for (const unit of [0, 1]) {
    const [begin, end] = [unit * unitRecords, (unit + 1) * unitRecords];
    const kept = end - 512;
    expect(told.slice(kept, end)).toEqual(untouched.slice(kept, end));
    expect(told.slice(begin, kept).every((record) => record?.stdout === (kept + 1) * 10)).toBe(true);
  }
  // What is left is found as before, by offset and by time; what went is found in the unit that it was in.
  const left = 3 * unitRecords + 17;
  expect(order.firstReaching('stdout', (left + 1) * 10)).toBe(left);
  expect(order.firstSince(microseconds(timeOf(left)))).toBe(left);
  expect(order.firstSince(microseconds(timeOf(1)))).toBe(0);
  expect(order.firstReaching('stdout', 5)).toBe(0);
});

test('a unit that tells of a byte that is still there stays, whatever goes around it', async () => {
  const kept = unitRecords + 5;
  const path = newIndex({ stderrAt: [kept] });
  const whole = readFileSync(path).subarray(unitBytes, 2 * unitBytes);
  await prune(path, { to: 3 * unitRecords * 10 });
  const after = readFileSync(path);
  expect(after.subarray(unitBytes, 2 * unitBytes).equals(whole)).toBe(true);
  using order = new OrderReader(path);
  expect(order.firstReaching('stderr', 1)).toBe(kept);
  expect(after.subarray(0, 4096).every((byte) => byte === 0)).toBe(true);
  expect(after.subarray(2 * unitBytes, 2 * unitBytes + 4096).every((byte) => byte === 0)).toBe(true);
  expect(after.readDoubleLE(3 * unitBytes)).toBe(timeOf(3 * unitRecords));
  // When that byte goes as well, so does what told of it.
  await foldOrder(path, {
    kernel,
    pruned: { stream: 'stderr', from: 0, to: 1 },
    prunedTo: { stdout: 3 * unitRecords * 10, stderr: 1 },
  });
  expect(bytesOnDisk(path)).toBeLessThan(1.5 * unitBytes);
});

test('a folded index is written on where it was', async () => {
  const path = newIndex({ stderrAt: [] });
  await prune(path, { to: records * 10 });
  using writer = new OrderWriter(path);
  expect(writer.last).toMatchObject({ stdout: records * 10, stderr: 0 });
  writer.note({ stdout: records * 10 + 1, stderr: 0 }, { at: microseconds(1) });
  using order = new OrderReader(path);
  expect(order.at(records)).toEqual({ at: 1, stdout: records * 10 + 1, stderr: 0 });
});

test('where nothing can be given back, or there is no index, nothing happens', async () => {
  const path = newIndex({ stderrAt: [] });
  const before = readFileSync(path);
  const pruned = { stream: 'stdout', from: 0, to: 1e9 } as const;
  const prunedTo = { stdout: 1e9, stderr: 0 };
  await foldOrder(path, { kernel: withoutKernel('for this test'), pruned, prunedTo });
  expect(readFileSync(path).equals(before)).toBe(true);
  await foldOrder(`${path}.missing`, { kernel, pruned, prunedTo });
});
