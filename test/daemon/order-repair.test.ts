import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { foldedBytes, orderRecordBytes, unitBytes } from '../../src/daemon/order-index.ts';
import { repairOrder } from '../../src/daemon/order-repair.ts';

type Record = readonly [at: number, stdout: number, stderr: number];

/** What is left of an index, in records, and whether it was repaired. */
function repaired(records: readonly Record[] | Buffer, lengths = { stdout: 1_000_000, stderr: 1_000_000 }) {
  const folder = mkdtempSync(join(tmpdir(), 'order-'));
  try {
    const path = join(folder, 'order.idx');
    writeFileSync(path, Buffer.isBuffer(records) ? records : bytesOf(records));
    const wasRepaired = repairOrder(path, { lengths });
    return { wasRepaired, records: statSync(path).size / orderRecordBytes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bytesOf(records: readonly Record[]): Buffer {
  const bytes = Buffer.alloc(records.length * orderRecordBytes);
  for (const [index, record] of records.entries()) {
    for (const [field, value] of record.entries()) bytes.writeDoubleLE(value, index * orderRecordBytes + 8 * field);
  }
  return bytes;
}

const sound: readonly Record[] = [
  [5, 10, 0],
  [0, 10, 4],
  [6, 30, 4],
];

test('an index that is sound stays as it is, and so does one that is not there', () => {
  expect(repaired(sound)).toEqual({ wasRepaired: false, records: 3 });
  expect(repaired([])).toEqual({ wasRepaired: false, records: 0 });
  expect(repairOrder('/nowhere/order.idx', { lengths: { stdout: 0, stderr: 0 } })).toBe(false);
});

test.for<[string, readonly Record[]]>([
  ['zeros', [...sound, [0, 0, 0], [7, 40, 4]]],
  ['of less than the one before it', [...sound, [7, 29, 5], [8, 40, 5]]],
  ['of nothing new', [...sound, [7, 30, 4], [8, 40, 4]]],
  ['no number of bytes', [...sound, [7, 30.5, 4], [8, 40, 4]]],
  ['not a number', [...sound, [7, Number.NaN, 4], [8, 40, 4]]],
  ['of more than there is', [...sound, [7, 1_000_001, 4], [8, 1_000_002, 4]]],
])('it is cut off at the first record that is %s', ([, records]) => {
  expect(repaired(records)).toEqual({ wasRepaired: true, records: 3 });
});

test('half a record at its end goes', () => {
  expect(repaired(bytesOf(sound).subarray(0, 3 * orderRecordBytes - 1))).toEqual({ wasRepaired: true, records: 2 });
});

test('what was folded is no damage; but the record that stands for it has to be there', () => {
  const unit = unitBytes / orderRecordBytes;
  const folded = foldedBytes / orderRecordBytes;
  const records = Array.from({ length: unit + 5 }, (_, index): Record => [
    index < folded ? 0 : 9,
    index < folded ? 0 : index,
    0,
  ]);
  expect(repaired(records)).toEqual({ wasRepaired: false, records: unit + 5 });
  expect(repaired(records.slice(0, folded))).toEqual({ wasRepaired: true, records: 0 });
});

test('a link in its place is not followed, and what it leads to is not cut off', () => {
  const folder = mkdtempSync(join(tmpdir(), 'order-'));
  try {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'somebody else’s');
    const path = join(folder, 'order.idx');
    symlinkSync(victim, path);
    expect(() => repairOrder(path, { lengths: { stdout: 0, stderr: 0 } })).toThrow(/ELOOP/);
    expect(readFileSync(victim, 'utf8')).toBe('somebody else’s');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
