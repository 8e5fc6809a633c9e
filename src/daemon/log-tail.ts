import type { StreamName } from '../journal/events.ts';
import type { LogCursor, ParametersOf } from '../protocol/messages.ts';
import type { LogSource } from './log-source.ts';
import type { OrderReader, OrderRecord } from './order-index.ts';

const scanBytes = 64 * 1024;
const newline = 0x0a;

/**
 * Where the last so many lines of a log begin, between two records of its index: read backwards from the end, piece by
 * piece in the order of the index, so that it costs what those lines weigh and not what the log does.
 * @param first the index of the first record that counts. @param last the one after the last.
 */
export async function findTail({
  order,
  source,
  streams,
  lines,
  first,
  last,
  unindexed,
}: {
  order: OrderReader;
  source: LogSource;
  streams: ParametersOf<'log'>['streams'];
  lines: number;
  first: number;
  last: number;
  /** What comes after the index, or null where it tells of everything. */
  unindexed: OrderRecord | null;
}): Promise<LogCursor> {
  const recordAt = (index: number): OrderRecord | null => (index < last ? order.at(index) : unindexed);
  const count = unindexed === null ? last : last + 1;
  const end = recordAt(count - 1) ?? { stdout: 0, stderr: 0 };
  if (lines === 0) return { stdout: end.stdout, stderr: end.stderr };
  let missing = lines;
  // The newline that ends the last line begins no further one.
  let atEnd = true;
  for (let index = count - 1; index >= first; index -= 1) {
    const record = recordAt(index);
    const before: LogCursor = order.at(index - 1) ?? { stdout: 0, stderr: 0 };
    if (record === null) break;
    // Within a record stderr comes after stdout, as the reader gives it.
    for (const stream of ['stderr', 'stdout'] as const) {
      if (streams !== 'both' && streams !== stream) continue;
      for (let to = record[stream]; to > before[stream];) {
        const wanted = Math.max(before[stream], to - scanBytes);
        const { data, from } = await readRange(source, stream, { from: wanted, to });
        for (let at = data.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : data.lastIndexOf(newline, at - 1)) {
          if (!(atEnd && at === data.length - 1)) missing -= 1;
          atEnd = false;
          if (missing === 0) return cursorAt({ stream, offset: from + at + 1, before, record });
        }
        atEnd = false;
        // What retention has taken has no lines to count.
        if (from > wanted) return cursorAt({ stream, offset: from, before, record });
        to = from;
      }
    }
  }
  const start: LogCursor = order.at(first - 1) ?? { stdout: 0, stderr: 0 };
  return { stdout: start.stdout, stderr: start.stderr };
}

/** All bytes of a range, from where they are not gone. */
async function readRange(
  source: LogSource,
  stream: StreamName,
  { from, to }: { from: number; to: number },
): Promise<{ readonly data: Buffer; readonly from: number }> {
  let pieces: Uint8Array[] = [];
  let first = from;
  for (let at = from; at < to;) {
    const piece = await source.read(stream, { from: at, bytes: to - at });
    if (piece.kind === 'gone') {
      pieces = [];
      at = Math.min(piece.to, to);
      first = at;
      continue;
    }
    if (piece.data.length === 0) break;
    pieces.push(piece.data);
    at += piece.data.length;
  }
  return { data: Buffer.concat(pieces), from: first };
}

/** The position at an offset of one stream within a record; the other stream is where the reader's order has it. */
function cursorAt({
  stream,
  offset,
  before,
  record,
}: {
  stream: StreamName;
  offset: number;
  before: LogCursor;
  record: OrderRecord;
}): LogCursor {
  return stream === 'stdout' ? { stdout: offset, stderr: before.stderr } : { stdout: record.stdout, stderr: offset };
}
