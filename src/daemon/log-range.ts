import type { Microseconds, StreamName } from '../journal/events.ts';
import type { LogCursor, ParametersOf } from '../protocol/messages.ts';
import { streamNames } from '../stream-names.ts';
import type { OrderReader, OrderRecord } from './order-index.ts';

/** Which streams a reader wants. */
export type WantedStreams = ParametersOf<'log'>['streams'];

/** A place that a reader moves forward. */
export type MovingCursor = { -readonly [S in StreamName]: number };

/** So far a stream had come when it was seen (null: by nobody). */
interface Stretch {
  readonly stream: StreamName;
  readonly at: Microseconds | null;
  readonly to: number;
}

/** A record with where the one before it ended. */
interface RangeRecord {
  readonly record: OrderRecord;
  readonly before: LogCursor;
}

/**
 * The part of a log that was asked for, by the records of its index, as it is at one moment: from a time on, until a
 * time, before a cursor, and with what no index tells of at its end. What is cut off by a cursor is cut off to the byte.
 */
export class LogRange {
  readonly first: number;
  /** The index after the last record, what no index tells of being one. */
  readonly last: number;
  readonly start: LogCursor;
  readonly end: LogCursor;
  readonly #order: OrderReader;
  readonly #before: LogCursor | null;
  readonly #indexed: number;
  readonly #unindexed: OrderRecord | null;

  constructor(
    order: OrderReader,
    {
      since,
      until,
      before,
      unindexed,
    }: {
      since: Microseconds | null;
      until: Microseconds | null;
      before: LogCursor | null;
      unindexed: OrderRecord | null;
    },
  ) {
    this.#order = order;
    this.#before = before;
    const count = until === null ? order.count() : order.firstSince(until);
    // A cursor may name any byte of either stream: the record that has both is the last.
    const covering = before === null ? count : order.firstCovering(before);
    this.#indexed = Math.min(count, covering + 1);
    this.#unindexed = covering < count ? null : furthest(unindexed, order.at(count - 1));
    this.first = since === null ? 0 : order.firstSince(since);
    this.last = this.#unindexed === null ? this.#indexed : this.#indexed + 1;
    this.start = this.#cut(order.at(this.first - 1) ?? { stdout: 0, stderr: 0 });
    this.end = this.at(this.last - 1) ?? this.start;
  }

  /** The record of an index, or null where the range has none. */
  at(index: number): OrderRecord | null {
    if (index >= this.last || index < this.first) return null;
    const record = index < this.#indexed ? this.#order.at(index) : this.#unindexed;
    return record === null ? null : { at: record.at, ...this.#cut(record) };
  }

  /** Where the record before an index ended. */
  beforeIndex(index: number): LogCursor {
    return this.at(index - 1) ?? this.start;
  }

  /** The index of the first record in which something wanted lies past a position; `last` where there is none. */
  firstPast(position: LogCursor, wanted: WantedStreams): number {
    let low = this.first;
    let high = this.last;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const record = this.at(middle);
      if (record !== null && isPast(record, { position, wanted })) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * What is wanted past a position, in the order in which it was seen. Whoever asks moves the position of that stream to
   * the end of each; that of a stream which is not wanted is moved here, to how far it had come by then.
   */
  *stretchesPast(position: MovingCursor, wanted: WantedStreams): Generator<Stretch, void, void> {
    for (const { record, before } of this.#past(position, wanted)) {
      for (const stream of streamNames) {
        if (wanted !== 'both' && wanted !== stream) {
          position[stream] = Math.max(position[stream], stream === 'stdout' ? record.stdout : before.stderr);
        } else if (position[stream] < record[stream]) {
          yield { stream, at: record.at, to: record[stream] };
        }
      }
    }
    for (const stream of streamNames) position[stream] = Math.max(position[stream], this.end[stream]);
  }

  /**
   * The records in which something wanted lies past a position, which whoever asks moves forward meanwhile to the end of
   * each. Records that tell only of what is not wanted are leapt over.
   */
  *#past(position: LogCursor, wanted: WantedStreams): Generator<RangeRecord, void, void> {
    let index = this.firstPast(position, wanted);
    for (let record = this.at(index); record !== null; record = this.at(index)) {
      yield { record, before: this.beforeIndex(index) };
      index += 1;
      const next = this.at(index);
      if (next !== null && !isPast(next, { position, wanted })) index = this.firstPast(position, wanted);
    }
  }

  #cut({ stdout, stderr }: LogCursor): LogCursor {
    if (this.#before === null) return { stdout, stderr };
    return { stdout: Math.min(stdout, this.#before.stdout), stderr: Math.min(stderr, this.#before.stderr) };
  }
}

/** A spool that a power cut or somebody has shortened ends before what was once seen of it, and no range runs backwards. */
function furthest(unindexed: OrderRecord | null, last: OrderRecord | null): OrderRecord | null {
  if (unindexed === null || last === null) return unindexed;
  const { at, stdout, stderr } = unindexed;
  return { at, stdout: Math.max(stdout, last.stdout), stderr: Math.max(stderr, last.stderr) };
}

function isPast(
  record: LogCursor,
  { position, wanted }: { readonly position: LogCursor; readonly wanted: WantedStreams },
): boolean {
  return streamNames.some((stream) => (wanted === 'both' || wanted === stream) && record[stream] > position[stream]);
}
