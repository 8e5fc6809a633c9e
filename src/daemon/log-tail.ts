import type { StreamName } from '../journal/events.ts';
import type { LogCursor, ParametersOf } from '../protocol/messages.ts';
import type { SpoolFiles } from './log-reader.ts';
import type { OrderReader, OrderRecord } from './order-index.ts';

const scanBytes = 64 * 1024;
const newline = 0x0a;

/**
 * Where the last so many lines of a log begin: read backwards from its end, piece by piece in the order of the index,
 * so that it costs what those lines weigh and not what the log does.
 */
export async function findTail({
  order,
  files,
  streams,
  lines,
  unindexed,
}: {
  order: OrderReader;
  files: SpoolFiles;
  streams: ParametersOf<'log'>['streams'];
  lines: number;
  /** What comes after the index, or null where it tells of everything. */
  unindexed: OrderRecord | null;
}): Promise<LogCursor> {
  const indexed = order.count();
  const recordAt = (index: number): OrderRecord | null => (index < indexed ? order.at(index) : unindexed);
  const count = unindexed === null ? indexed : indexed + 1;
  const end = recordAt(count - 1) ?? { stdout: 0, stderr: 0 };
  if (lines === 0) return { stdout: end.stdout, stderr: end.stderr };
  // The newline that ends the last line begins no further one.
  let missing = lines;
  let last = true;
  for (let index = count - 1; index >= 0; index -= 1) {
    const record = recordAt(index);
    const before: LogCursor = recordAt(index - 1) ?? { stdout: 0, stderr: 0 };
    if (record === null) break;
    // Within a record stderr comes after stdout, as the reader gives it.
    for (const stream of ['stderr', 'stdout'] as const) {
      if (streams !== 'both' && streams !== stream) continue;
      let to = record[stream];
      while (to > before[stream]) {
        const from = Math.max(before[stream], to - scanBytes);
        const data = await files.read(stream, { from, bytes: to - from });
        for (let at = data.length - 1; at >= 0; at -= 1) {
          const isNewline = data[at] === newline;
          if (isNewline && !last) missing -= 1;
          last = false;
          if (missing === 0) return cursorAt({ stream, offset: from + at + 1, before, record });
        }
        to = from;
      }
    }
  }
  return { stdout: 0, stderr: 0 };
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
