import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode } from '../error-code.ts';
import type { DataOf, PruneReason, StreamName, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import { isoTime } from '../microseconds.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { StoredStream } from '../projections/task.ts';
import type { LogBlock } from '../protocol/answers.ts';
import { logBlockBytesMax, logChunkBytesMax } from '../protocol/limits.ts';
import { unreadableLog } from '../protocol/unreadable-log.ts';
import { forReading } from './no-links.ts';
import { memberBytes, readBytes, readMembers } from './segment-file.ts';
import type { TaskFolder } from './task-folder.ts';

export interface LogSourceContext {
  readonly journal: Pick<Journal, 'readOnce' | 'findOnce'>;
  readonly table: LiveTable;
}

/** What lies at an offset of a stream: bytes (none at its end), or that they are gone. */
export type LogPiece =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'gone'; readonly to: number; readonly prunedAt: string; readonly reason: PruneReason };

/** The same, or a stretch of the stream as it lies there. */
type BlockPiece =
  | { readonly kind: 'block'; readonly block: LogBlock; readonly data: Uint8Array }
  | (LogPiece & { readonly kind: 'gone' });

/** For a reader who goes forward so many members are unpacked in one trip to the thread pool, and as many ahead. */
const membersTogether = 4;

interface OpenSegment {
  readonly stream: StreamName;
  readonly facts: DataOf<'LogSegmentSealed'>;
  readonly handle: FileHandle;
}

/** Some members, of a range of the stream. */
interface Unpacked {
  readonly stream: StreamName;
  readonly from: number;
  readonly to: number;
  readonly data: Promise<Buffer>;
}

/**
 * A task's streams by offset, wherever their bytes lie by now: in a segment or in the spool. What is compressed while
 * it is being read is read from its segment then.
 */
export class LogSource implements AsyncDisposable {
  readonly #context: LogSourceContext;
  readonly #id: TaskId;
  readonly #folder: TaskFolder;
  #lastPrune: { readonly stream: StreamName; readonly piece: LogPiece & { readonly kind: 'gone' } } | null = null;
  readonly #spools = new Map<StreamName, FileHandle>();
  #segment: OpenSegment | null = null;
  /** What was wanted last, and what a reader who goes forward wants next. */
  #unpacked: readonly Unpacked[] = [];

  constructor(context: LogSourceContext, id: TaskId, folder: TaskFolder) {
    this.#context = context;
    this.#id = id;
    this.#folder = folder;
  }

  /** How far a stream has come, also where its spool is no longer needed. */
  size(stream: StreamName): number {
    return Math.max(this.#folder.size(stream), this.#stored(stream).sealedTo);
  }

  /** Everything of a stream before this byte is gone. */
  prunedTo(stream: StreamName): number {
    return this.#stored(stream).prunedTo;
  }

  /**
   * What is at an offset, at most so many bytes; fewer where another file begins, none at the end.
   * @throws GhostError `log-unreadable` where a segment that the journal tells of cannot be read.
   */
  async read(stream: StreamName, { from, bytes }: { from: number; bytes: number }): Promise<LogPiece> {
    for (;;) {
      const { prunedTo, sealedTo } = this.#stored(stream);
      if (from < prunedTo) return this.#gone(stream, { to: prunedTo });
      if (from < sealedTo) {
        const data = await this.#readSegment(stream, { from, bytes });
        if (data !== null) return { kind: 'data', data };
        // Taken away meanwhile.
        continue;
      }
      const data = await this.#readSpool(stream, { from, bytes });
      // Given back only after the table says that it is sealed: then these may be zeros.
      if (this.#stored(stream).sealedTo <= from) return { kind: 'data', data };
    }
  }

  /**
   * The same as it lies there, for a reader who unpacks by itself and goes on: about as many bytes as are wanted, more
   * where they are packed together with others. A few are unpacked here, since most of a member would be left over.
   * @throws GhostError `log-unreadable` where a segment that the journal tells of cannot be read.
   */
  async readPacked(stream: StreamName, { from, bytes }: { from: number; bytes: number }): Promise<BlockPiece> {
    const { prunedTo, sealedTo } = this.#stored(stream);
    if (bytes >= memberBytes && from >= prunedTo && from < sealedTo) {
      const packed = await this.#packedAt(stream, { from, bytes });
      // Where retention took it in between, the other reader tells of that.
      if (packed !== null) return packed;
    }
    const piece = await this.read(stream, { from, bytes: Math.min(bytes, logChunkBytesMax) });
    if (piece.kind === 'gone') return piece;
    const { data } = piece;
    return { kind: 'block', block: { stream, from, first: from, bytes: data.length, packing: 'none' }, data };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { data } of this.#unpacked) data.catch(() => undefined);
    await Promise.all(
      [...this.#spools.values(), ...(this.#segment === null ? [] : [this.#segment.handle])].map((handle) =>
        handle.close(),
      ),
    );
  }

  #stored(stream: StreamName): StoredStream {
    const task = this.#context.table.get(this.#id);
    if (task === undefined) throw new Error(`task ${this.#id} is not in the table`);
    return task.stored[stream];
  }

  /** All that is gone is one piece, as of its last prune: a task that ran for months has had thousands. */
  #gone(stream: StreamName, { to }: { to: number }): LogPiece {
    if (this.#lastPrune?.stream !== stream || this.#lastPrune.piece.to !== to) {
      const prefix = `LogSegmentPruned:${this.#id}:${stream}:`;
      const last = this.#context.journal
        .readOnce({ prefix, after: 0 })
        .find((event) => event.type === 'LogSegmentPruned' && event.data.to === to);
      if (last?.type !== 'LogSegmentPruned') throw unreadableLog(this.#id, stream, { offset: to });
      const piece = { kind: 'gone', to, prunedAt: isoTime(last.at), reason: last.data.reason } as const;
      this.#lastPrune = { stream, piece };
    }
    return this.#lastPrune.piece;
  }

  async #readSpool(stream: StreamName, { from, bytes }: { from: number; bytes: number }): Promise<Uint8Array> {
    let handle = this.#spools.get(stream);
    if (handle === undefined) {
      try {
        handle = await open(this.#folder.stream(stream), forReading);
      } catch (error) {
        if (isMissing(error)) return Buffer.alloc(0);
        throw unreadableLog(this.#id, stream, { offset: from, cause: error });
      }
      this.#spools.set(stream, handle);
    }
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, from);
    return buffer.subarray(0, bytesRead);
  }

  /** @returns null where retention took the segment in between. */
  async #readSegment(stream: StreamName, { from, bytes }: { from: number; bytes: number }): Promise<Uint8Array | null> {
    const segment = await this.#segmentAt(stream, from);
    if (segment === null) return null;
    // Whoever goes forward wants what follows as well: it is unpacked while this is on its way.
    const known = this.#unpacked.find((one) => one.stream === stream && one.from <= from && from < one.to);
    const goesOn = known !== undefined || this.#unpacked.some((one) => one.stream === stream && one.to === from);
    const wanted = known ?? this.#unpack(segment, { from, members: goesOn ? membersTogether : 1 });
    const { to } = wanted;
    const next = this.#unpacked.find((one) => one.stream === stream && one.from === to);
    const ahead =
      next ?? (goesOn && to < segment.facts.to ? this.#unpack(segment, { from: to, members: membersTogether }) : null);
    this.#unpacked = ahead === null ? [wanted] : [wanted, ahead];
    try {
      const data = await wanted.data;
      return data.subarray(from - wanted.from, from - wanted.from + bytes);
    } catch (error) {
      throw unreadableLog(this.#id, stream, { offset: from, cause: error });
    }
  }

  /** @returns null where retention took the segment in between. */
  async #packedAt(stream: StreamName, { from, bytes }: { from: number; bytes: number }): Promise<BlockPiece | null> {
    const segment = await this.#segmentAt(stream, from);
    if (segment === null) return null;
    const count = Math.ceil(Math.min(bytes, logBlockBytesMax) / memberBytes);
    const { begin, end } = this.#membersAt(segment, { from, count });
    const block = {
      stream,
      from: begin.offset,
      first: from,
      bytes: end.offset - begin.offset,
      packing: 'gzip',
    } as const;
    try {
      const data = await readBytes(segment.handle, { from: begin.fileOffset, to: end.fileOffset });
      return { kind: 'block', block, data };
    } catch (error) {
      throw unreadableLog(this.#id, stream, { offset: from, cause: error });
    }
  }

  /** So many members from the one on that holds an offset. */
  #unpack(segment: OpenSegment, { from, members: count }: { from: number; members: number }): Unpacked {
    const { begin, end } = this.#membersAt(segment, { from, count });
    const data = readMembers(segment.handle, { from: begin.fileOffset, to: end.fileOffset, count });
    // Whoever waits for it is told; what nobody came for is no error.
    data.catch(() => undefined);
    return { stream: segment.stream, from: begin.offset, to: end.offset, data };
  }

  /** Where so many members from the one on that holds an offset begin and end, in the stream and in the file. */
  #membersAt({ stream, facts }: OpenSegment, { from, count }: { from: number; count: number }) {
    const { members } = facts;
    const index = lastAtOrBefore(
      members.map(([offset]) => offset),
      from,
    );
    const first = members[index];
    if (first === undefined) throw unreadableLog(this.#id, stream, { offset: from });
    const after = members[index + count];
    return {
      begin: { offset: first[0], fileOffset: first[1] },
      end: { offset: after?.[0] ?? facts.to, fileOffset: after?.[1] ?? facts.bytes },
    };
  }

  async #segmentAt(stream: StreamName, offset: number): Promise<OpenSegment | null> {
    const current = this.#segment;
    if (current?.stream === stream && current.facts.from <= offset && offset < current.facts.to) return current;
    const { starts } = this.#stored(stream);
    const start = starts[lastAtOrBefore(starts, offset)];
    const event =
      start === undefined ? null : this.#context.journal.findOnce(`LogSegmentSealed:${this.#id}:${stream}:${start}`);
    if (event?.type !== 'LogSegmentSealed') throw unreadableLog(this.#id, stream, { offset });
    let handle: FileHandle;
    try {
      handle = await open(join(this.#folder.path, event.data.file), forReading);
    } catch (error) {
      if (isMissing(error) && this.#stored(stream).prunedTo > offset) return null;
      throw unreadableLog(this.#id, stream, { offset, cause: error });
    }
    await current?.handle.close();
    this.#segment = { stream, facts: event.data, handle };
    return this.#segment;
  }
}

/** The index of the last number that is not past a value, -1 where all are. */
function lastAtOrBefore(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? Number.POSITIVE_INFINITY) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}
