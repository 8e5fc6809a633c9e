import { closeSync, constants, fstatSync, ftruncateSync, readFileSync } from 'node:fs';

import type { LogCursor } from '../protocol/messages.ts';
import { type OrderRecord, foldedBytes, openIfThere, orderRecordBytes, recordIn, unitRecords } from './order-index.ts';

/**
 * Cuts off an order index at the first record that cannot be true. A daemon appends to it and never syncs it, so that a
 * power cut may leave any part of what it wrote last as zeros. What is behind the cut is still given, at the end of the
 * log, with no time.
 * @param lengths how far the streams have come: nothing was seen that lies behind.
 * @returns whether there was such a record.
 */
export function repairOrder(path: string, { lengths }: { readonly lengths: LogCursor }): boolean {
  const descriptor = openIfThere(path, constants.O_RDWR);
  // A task that was quiet has none.
  if (descriptor === null) return false;
  try {
    const records = readFileSync(descriptor);
    const sound = soundRecords(records, lengths) * orderRecordBytes;
    if (sound === fstatSync(descriptor).size) return false;
    ftruncateSync(descriptor, sound);
    return true;
  } finally {
    closeSync(descriptor);
  }
}

function soundRecords(records: Buffer, lengths: LogCursor): number {
  const count = Math.floor(records.length / orderRecordBytes);
  let last: LogCursor = { stdout: 0, stderr: 0 };
  for (let index = 0; index < count; index += 1) {
    const record = recordIn(records, index * orderRecordBytes);
    if (isFolded(record, { index, count })) continue;
    if (!follows(record, last) || record.stdout > lengths.stdout || record.stderr > lengths.stderr) return index;
    last = record;
  }
  return count;
}

/** Zeros that stand where records were, before the one that stands for them (order-index.ts). */
function isFolded(record: OrderRecord, { index, count }: { index: number; count: number }): boolean {
  const kept = index - (index % unitRecords) + foldedBytes / orderRecordBytes;
  return record.stdout === 0 && record.stderr === 0 && index < kept && kept < count;
}

/** Each record tells of more than the one before it. */
function follows(record: LogCursor, last: LogCursor): boolean {
  return (
    Number.isInteger(record.stdout) &&
    Number.isInteger(record.stderr) &&
    record.stdout >= last.stdout &&
    record.stderr >= last.stderr &&
    record.stdout + record.stderr > last.stdout + last.stderr
  );
}
