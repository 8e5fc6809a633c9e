import type { StreamName } from '../journal/events.ts';
import type { LogCursor } from '../protocol/messages.ts';
import { streamNames } from '../stream-names.ts';
import type { LogRange, WantedStreams } from './log-range.ts';
import type { LogSource } from './log-source.ts';

const scanBytes = 64 * 1024;
const newline = 0x0a;

/** Bytes of a stream from an offset on; fewer than were asked for where somebody has shortened the spool. */
interface StreamPart {
  readonly from: number;
  readonly data: Buffer;
}

/**
 * Where the last so many lines of a range of a log begin: read backwards from its end, piece by piece in the order of
 * its records, so that it costs what those lines weigh and not what the log does.
 *
 * What retention has taken of a stream is its beginning. It has no lines to count, and stands where its first byte did:
 * a reader from an earlier place on is told of it there, and nobody twice.
 */
export async function findTail({
  range,
  source,
  streams,
  lines,
}: {
  range: LogRange;
  source: LogSource;
  streams: WantedStreams;
  lines: number;
}): Promise<LogCursor> {
  const { start, end } = range;
  if (lines === 0) return end;
  const tail = new BackwardReader(source, { start, end });
  const wanted = streamNames.filter((stream) => streams === 'both' || streams === stream).toReversed();
  const position = { stdout: end.stdout, stderr: end.stderr };
  let missing = lines;
  // The newline that ends the last line begins no further one.
  let atEnd = true;
  for (let index = range.last; ;) {
    const left = wanted.filter((stream) => position[stream] > tail.firstByte(stream));
    if (left.length === 0) return start;
    index = indexOfLastByte(range, { position, left, index });
    const record = range.at(index);
    if (record === null) return start;
    const before = range.beforeIndex(index);
    for (const stream of left) {
      while (position[stream] > Math.max(before[stream], tail.firstByte(stream))) {
        const { data, from } = await tail.read(stream, { from: before[stream], to: position[stream] });
        for (let at = data.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : data.lastIndexOf(newline, at - 1)) {
          if (!(atEnd && at === data.length - 1)) missing -= 1;
          atEnd = false;
          if (missing > 0) continue;
          const offset = from + at + 1;
          return stream === 'stdout'
            ? { stdout: offset, stderr: tail.pastGone('stderr', before.stderr) }
            : { stdout: tail.pastGone('stdout', record.stdout), stderr: offset };
        }
        atEnd = false;
        position[stream] = from;
      }
    }
  }
}

/** The record that tells of the last byte before a position: mostly the one before, and else it is looked for. */
function indexOfLastByte(
  range: LogRange,
  { position, left, index }: { position: LogCursor; left: readonly StreamName[]; index: number },
): number {
  const before = range.beforeIndex(index - 1);
  if (left.some((stream) => before[stream] < position[stream])) return index - 1;
  return Math.max(...left.map((stream) => range.firstPast({ ...range.start, [stream]: position[stream] - 1 }, stream)));
}

/** Reads the streams of a range from their ends, a good piece at a time, however small the pieces that are asked for. */
class BackwardReader {
  readonly #source: LogSource;
  readonly #range: { readonly start: LogCursor; readonly end: LogCursor };
  readonly #firstBytes: { stdout: number; stderr: number };
  readonly #read = new Map<StreamName, StreamPart & { readonly to: number }>();

  constructor(source: LogSource, range: { readonly start: LogCursor; readonly end: LogCursor }) {
    this.#source = source;
    this.#range = range;
    this.#firstBytes = { stdout: 0, stderr: 0 };
    for (const stream of streamNames) this.#raise(stream, source.prunedTo(stream));
  }

  /** The first byte of a stream that is there. */
  firstByte(stream: StreamName): number {
    return this.#firstBytes[stream];
  }

  /** A place from where on nothing of what is gone would be told of in part: its first byte, or after its last. */
  pastGone(stream: StreamName, offset: number): number {
    return offset <= this.#range.start[stream] ? offset : Math.max(offset, this.#firstBytes[stream]);
  }

  /** The end of a range of a stream: what of it is read already, or some more. */
  async read(stream: StreamName, { from, to }: { from: number; to: number }): Promise<StreamPart> {
    const known = this.#read.get(stream);
    if (known !== undefined && known.from < to && to <= known.to) return partOf(known, { from, to });
    const wanted = Math.max(this.#firstBytes[stream], to - scanBytes);
    const read = { ...(await readRange(this.#source, stream, { from: wanted, to })), to };
    this.#read.set(stream, read);
    // Taken meanwhile.
    if (read.from > wanted) this.#raise(stream, read.from);
    return partOf(read, { from, to });
  }

  #raise(stream: StreamName, firstByte: number): void {
    const { start, end } = this.#range;
    this.#firstBytes[stream] = Math.min(Math.max(this.#firstBytes[stream], start[stream], firstByte), end[stream]);
  }
}

function partOf(part: StreamPart, { from, to }: { from: number; to: number }): StreamPart {
  const first = Math.max(from, part.from);
  return { from: first, data: part.data.subarray(first - part.from, to - part.from) };
}

/** All bytes of a range, from where they are not gone. */
async function readRange(
  source: LogSource,
  stream: StreamName,
  { from, to }: { from: number; to: number },
): Promise<StreamPart> {
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
