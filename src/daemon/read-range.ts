import type { Microseconds, StreamName } from '../journal/events.ts';
import { isoTime } from '../microseconds.ts';
import type { LogBatch, LogBlock, LogChunk, LogPart } from '../protocol/answers.ts';
import { logChunkBytesMax, logPartsMax } from '../protocol/limits.ts';
import type { LogCursor } from '../protocol/messages.ts';
import type { LogRange, MovingCursor, WantedStreams } from './log-range.ts';
import type { LogPiece, LogSource } from './log-source.ts';

interface Reading {
  /** Moved forward with what is given. */
  readonly position: MovingCursor;
  readonly streams: WantedStreams;
  readonly source: LogSource;
  readonly signal: AbortSignal;
}

/** Gives what of a range lies past a position. */
export async function* readChunks(
  range: LogRange,
  { position, streams, source, signal }: Reading,
): AsyncGenerator<LogChunk, void, void> {
  for (const { stream, at, to } of range.stretchesPast(position, streams)) {
    while (position[stream] < to) {
      signal.throwIfAborted();
      const from = position[stream];
      const piece = await source.read(stream, { from, bytes: Math.min(to - from, logChunkBytesMax) });
      // A spool that somebody shortened has no more: what is missing there cannot be given.
      const nothing = piece.kind === 'data' && piece.data.length === 0;
      const next = piece.kind === 'gone' ? Math.min(piece.to, range.end[stream]) : from + piece.data.length;
      position[stream] = nothing ? to : next;
      if (!nothing) yield chunkOf(stream, piece, { at, from, cursor: { ...position } });
    }
  }
}

/**
 * Gives what of a range lies past a position, for a reader who unpacks by itself. One
 * block of each stream is the current one, and the parts say in what order the bytes of both were seen. So a log is read
 * in large pieces also where it was written in small ones, now to the one stream and now to the other.
 */
export async function* readBatches(
  range: LogRange,
  { position, streams, source, signal }: Reading,
): AsyncGenerator<LogBatch | LogChunk, void, void> {
  /** Where the current block of a stream ends. */
  const blockEnds = { stdout: 0, stderr: 0 };
  let batch = new OpenBatch(null);
  for (const { stream, at, to } of range.stretchesPast(position, streams)) {
    while (position[stream] < to) {
      signal.throwIfAborted();
      if (position[stream] >= blockEnds[stream]) {
        if (!batch.isEmpty) yield batch.closed();
        const from = position[stream];
        const piece = await source.readPacked(stream, { from, bytes: range.end[stream] - from });
        if (piece.kind === 'gone') {
          batch = new OpenBatch(null);
          position[stream] = Math.min(piece.to, range.end[stream]);
          yield chunkOf(stream, piece, { at, from, cursor: { ...position } });
          continue;
        }
        batch = new OpenBatch(piece);
        blockEnds[stream] = piece.block.from + piece.block.bytes;
        // A spool that somebody shortened has no more: what is missing there cannot be given.
        if (blockEnds[stream] <= from) {
          position[stream] = to;
          batch = new OpenBatch(null);
          continue;
        }
      }
      position[stream] = Math.min(to, blockEnds[stream], position[stream] + logChunkBytesMax);
      batch.add([stream, at, position.stdout, position.stderr]);
      if (!batch.isFull) continue;
      yield batch.closed();
      batch = new OpenBatch(null);
    }
  }
  if (!batch.isEmpty) yield batch.closed();
}

/** A batch that is being made. */
class OpenBatch {
  readonly #block: LogBlock | null;
  readonly #data: Uint8Array;
  readonly #parts: LogPart[] = [];

  constructor(piece: { readonly block: LogBlock; readonly data: Uint8Array } | null) {
    this.#block = piece?.block ?? null;
    this.#data = piece?.data ?? new Uint8Array();
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  get isFull(): boolean {
    return this.#parts.length >= logPartsMax;
  }

  add(part: LogPart): void {
    this.#parts.push(part);
  }

  closed(): LogBatch {
    return { block: this.#block, parts: this.#parts, data: this.#data };
  }
}

/** What is told of a piece of a stream. */
function chunkOf(
  stream: StreamName,
  piece: LogPiece,
  { at, from, cursor }: { at: Microseconds | null; from: number; cursor: LogCursor },
): LogChunk {
  const base = { stream, at: at === null ? null : isoTime(at), cursor };
  if (piece.kind === 'data') return { ...base, data: piece.data, missing: null };
  const { prunedAt, reason } = piece;
  return { ...base, data: Buffer.alloc(0), missing: { bytes: cursor[stream] - from, prunedAt, reason } };
}
