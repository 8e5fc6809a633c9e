import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

import { errorCode } from '../error-code.ts';
import type { Microseconds, StreamName } from '../journal/events.ts';
import { blockBytes } from '../projections/stored-bytes.ts';
import type { LogCursor } from '../protocol/messages.ts';
import { forChanging } from './no-links.ts';
import { isScarce } from './open-files.ts';

/**
 * When a task's streams grew, and so in which order: one record for each time that the daemon looked and saw more.
 * A record is 24 bytes, little-endian: the time (f64, microseconds since 1970; 0 where no daemon was there to see it),
 * then how far stdout and stderr had come (f64 each, bytes). What lies between two records has the later one's time.
 *
 * It is written by the daemon alone. What a crash cuts off is noted again by the next daemon, without a time.
 */
export const orderRecordBytes = 24;
/** So many records are read at once. */
const blockRecords = 256;

/**
 * What is folded at once (order-fold.ts): all but the end of it is given back. Then zeros stand where records were, and
 * the first one that is left stands for them. Both parts are whole blocks of whole records.
 */
const wholeBytes = 3 * blockBytes;
export const unitBytes = 80 * wholeBytes;
export const unitRecords = unitBytes / orderRecordBytes;
export const foldedBytes = unitBytes - wholeBytes;
const keptRecord = foldedBytes / orderRecordBytes;

export interface OrderRecord extends LogCursor {
  /** `null` where nobody was there to see it. */
  readonly at: Microseconds | null;
}

/** Appends to an order index. A task that is quiet has no file and no descriptor: a thousand of them may be. */
export class OrderWriter implements Disposable {
  readonly #path: string;
  #descriptor: number | null;
  #bytes = 0;
  #last: LogCursor = { stdout: 0, stderr: 0 };

  /** Opens it where there is one; half a record at its end is cut off. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openIfThere(path, constants.O_RDWR | constants.O_APPEND);
    if (this.#descriptor === null) return;
    const { size } = fstatSync(this.#descriptor);
    this.#bytes = size - (size % orderRecordBytes);
    if (this.#bytes !== size) ftruncateSync(this.#descriptor, this.#bytes);
    this.#last = readRecord(this.#descriptor, { index: this.#bytes / orderRecordBytes - 1 }) ?? this.#last;
    this.#letGoWhereScarce();
  }

  /** How far the streams had come at the last note. */
  get last(): LogCursor {
    return this.#last;
  }

  /** Notes how far the streams have come. @returns whether that is further than before. */
  note(size: LogCursor, { at }: { at: Microseconds | null }): boolean {
    const stdout = Math.max(size.stdout, this.#last.stdout);
    const stderr = Math.max(size.stderr, this.#last.stderr);
    if (stdout === this.#last.stdout && stderr === this.#last.stderr) return false;
    const record = Buffer.alloc(orderRecordBytes);
    record.writeDoubleLE(at ?? 0, 0);
    record.writeDoubleLE(stdout, 8);
    record.writeDoubleLE(stderr, 16);
    this.#append(record);
    this.#last = { stdout, stderr };
    return true;
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }

  /** Half a record (the disk is full) would put all that follow out of step: it is taken back. */
  #append(record: Buffer): void {
    this.#descriptor ??= openSync(this.#path, forChanging | constants.O_APPEND | constants.O_CREAT, 0o600);
    if (writeSync(this.#descriptor, record) !== record.length) {
      ftruncateSync(this.#descriptor, this.#bytes);
      throw new Error('the order index cannot be written: there is no room for a record');
    }
    this.#bytes += record.length;
    this.#letGoWhereScarce();
  }

  /** With few descriptors it is opened for each record: what has to look at processes comes first. */
  #letGoWhereScarce(): void {
    if (this.#descriptor === null || !isScarce(this.#descriptor)) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}

/** Reads an order index that may grow meanwhile. */
export class OrderReader implements Disposable {
  readonly #path: string;
  #descriptor: number | null = null;
  /** The records that were read last: most readers want those beside them next. */
  #block = Buffer.alloc(0);
  #blockFirst = 0;
  /** The record that stands for those before it which are folded: its unit is not looked for again for each. */
  #kept: { readonly index: number; readonly record: OrderRecord | null } | null = null;

  /** A task without an index (it is yet to be started, or the index was removed) has no records. */
  constructor(path: string) {
    this.#path = path;
  }

  /** How many records there are by now. */
  count(): number {
    this.#descriptor ??= openIfThere(this.#path, constants.O_RDONLY);
    return this.#descriptor === null ? 0 : Math.floor(fstatSync(this.#descriptor).size / orderRecordBytes);
  }

  /** The record of that index, or null where there is none. */
  at(index: number): OrderRecord | null {
    const record = this.#read(index);
    if (record === null || record.stdout > 0 || record.stderr > 0) return record;
    const kept = index - (index % unitRecords) + keptRecord;
    if (this.#kept?.index !== kept) this.#kept = { index: kept, record: this.#read(kept) };
    return this.#kept.record;
  }

  #read(index: number): OrderRecord | null {
    if (index < 0) return null;
    const known = this.#recordInBlock(index);
    if (known !== null) return known;
    this.#descriptor ??= openIfThere(this.#path, constants.O_RDONLY);
    if (this.#descriptor === null) return null;
    this.#blockFirst = index - (index % blockRecords);
    const block = Buffer.allocUnsafe(blockRecords * orderRecordBytes);
    const bytes = readSync(this.#descriptor, block, 0, block.length, this.#blockFirst * orderRecordBytes);
    this.#block = block.subarray(0, bytes - (bytes % orderRecordBytes));
    return this.#recordInBlock(index);
  }

  /** The index of the first record at which both streams had come to a cursor; `count()` where there is none. */
  firstCovering({ stdout, stderr }: LogCursor): number {
    return this.#first((record) => record.stdout >= stdout && record.stderr >= stderr);
  }

  /** The index of the first record at which a stream had come to an offset; `count()` where none had. */
  firstReaching(stream: StreamName, offset: number): number {
    return this.#first((record) => record[stream] >= offset);
  }

  /**
   * The index of the first record that was noted at a time or later; `count()` where none was. A record without a time
   * belongs to the one after it, which was noted by the same daemon.
   */
  firstSince(at: Microseconds): number {
    const count = this.count();
    return this.#first((record, index) => {
      for (let next = index; record.at === null && next < count; next += 1) {
        const timed = this.at(next)?.at ?? null;
        if (timed !== null) return timed >= at;
      }
      return record.at === null || record.at >= at;
    });
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }

  #recordInBlock(index: number): OrderRecord | null {
    const offset = (index - this.#blockFirst) * orderRecordBytes;
    return offset >= 0 && offset < this.#block.length ? recordIn(this.#block, offset) : null;
  }

  /** Binary search: what holds of a record holds of all after it. */
  #first(holds: (record: OrderRecord, index: number) => boolean): number {
    let low = 0;
    let high = this.count();
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const record = this.at(middle);
      if (record !== null && holds(record, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** When a stream was last seen to grow, or null where nobody saw one grow. */
export function lastSeenAt(path: string): Microseconds | null {
  using reader = new OrderReader(path);
  // A record without a time is followed by those of the daemon that wrote it, so that there are few of them at the end.
  for (let index = reader.count() - 1; index >= 0; index -= 1) {
    const at = reader.at(index)?.at ?? null;
    if (at !== null) return at;
  }
  return null;
}

function readRecord(descriptor: number, { index }: { index: number }): OrderRecord | null {
  if (index < 0) return null;
  const record = Buffer.alloc(orderRecordBytes);
  if (readSync(descriptor, record, 0, orderRecordBytes, index * orderRecordBytes) !== orderRecordBytes) return null;
  return recordIn(record, 0);
}

/** The record at a place in the bytes of an index. */
export function recordIn(records: Buffer, offset: number): OrderRecord {
  const at = records.readDoubleLE(offset);
  return {
    at: at === 0 ? null : (at as Microseconds),
    stdout: records.readDoubleLE(offset + 8),
    stderr: records.readDoubleLE(offset + 16),
  };
}

/** A descriptor of an index, or null where there is none. A link is not followed. */
export function openIfThere(path: string, flags: number): number | null {
  try {
    return openSync(path, flags | constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
