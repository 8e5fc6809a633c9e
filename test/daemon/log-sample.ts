import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chunksOf } from '../../src/client/log-chunks.ts';
import { systemClock } from '../../src/clock.ts';
import { readLog } from '../../src/daemon/log-reader.ts';
import { OrderWriter } from '../../src/daemon/order-index.ts';
import { writeSegment } from '../../src/daemon/segment-file.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import type { DataOf, EventDraft, JournalEvent, StreamName } from '../../src/journal/events.ts';
import { onceKey } from '../../src/journal/once-key.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import type { StoredStream } from '../../src/projections/task.ts';
import type { LogChunk, LogEnd } from '../../src/protocol/answers.ts';
import type { LogCursor } from '../../src/protocol/messages.ts';
import { committed, microseconds, taskDraft, taskId } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';

/** What a task wrote between two looks of the daemon. */
export interface Growth {
  readonly stdout: string;
  readonly stderr: string;
}

export interface Piece {
  readonly stream: StreamName;
  readonly text: string;
}

type Streams = 'both' | StreamName;

/** What is asked for of a log; left out: all of it. */
interface Asked {
  readonly streams?: Streams;
  readonly lines?: number | null;
  readonly cursor?: LogCursor | null;
  readonly before?: LogCursor | null;
  readonly batches?: boolean;
}

const id = taskId(1);

/** The log of a task that has ended, as a daemon has left it on the disk: growths that it noted, and one that it did not. */
export class LogSample implements Disposable {
  readonly #path = mkdtempSync(join(tmpdir(), 'log-'));
  readonly folder = new TaskFolder(this.#path, id);
  readonly #growths: readonly Growth[];
  readonly #past: JournalEvent[] = [];
  #table: LiveTable;

  constructor({
    noted,
    unnoted = { stdout: '', stderr: '' },
  }: {
    readonly noted: readonly Growth[];
    readonly unnoted?: Growth;
  }) {
    this.#growths = [...noted, unnoted];
    this.folder.create();
    {
      using writer = new OrderWriter(this.folder.order);
      for (const [index, growth] of noted.entries()) {
        this.#append(growth);
        writer.note(this.folder.sizes(), { at: microseconds((index + 1) * 1000) });
      }
    }
    this.#append(unnoted);
    this.#past.push(
      ...committed(
        ['TaskSubmitted', 'TaskSpawned', 'TaskStarted', 'TaskExited', 'LogClosed'].map((type) =>
          taskDraft(type as 'LogClosed', type === 'LogClosed' ? { data: closedAt(this.folder.sizes()) } : {}),
        ),
      ),
    );
    this.#table = this.#fold();
  }

  /** Compresses a stream from its last cut on, and gives its bytes in the spool back. */
  async seal(stream: StreamName, { to }: { to: number }): Promise<void> {
    const from = this.#stored(stream).sealedTo;
    if (to <= from) return;
    const file = `${stream}.${String(this.#stored(stream).segments).padStart(4, '0')}.gz`;
    const spool = this.folder.stream(stream);
    const path = join(this.folder.path, file);
    const facts = await writeSegment({ spool, from, to, path, linesBefore: 0, fast: true });
    const descriptor = openSync(spool, 'r+');
    writeSync(descriptor, Buffer.alloc(to - from), 0, to - from, from);
    closeSync(descriptor);
    this.#record(taskDraft('LogSegmentSealed', { data: { stream, from, to, file, ...facts } }));
  }

  /** Takes the oldest segment of a stream, if there is one. */
  prune(stream: StreamName): void {
    const [start] = this.#stored(stream).starts;
    const sealed = this.#past.find(
      (event) => event.type === 'LogSegmentSealed' && event.data.stream === stream && event.data.from === start,
    );
    if (sealed?.type !== 'LogSegmentSealed') return;
    const { from, to, file, bytes } = sealed.data;
    rmSync(join(this.folder.path, file));
    this.#record(taskDraft('LogSegmentPruned', { data: { stream, from, to, file, bytes, reason: 'task-limit' } }));
  }

  /** Everything of a stream before this byte is gone. */
  prunedTo(stream: StreamName): number {
    return this.#stored(stream).prunedTo;
  }

  /** The pieces in the order in which they were seen: within one look stdout comes first. */
  pieces(streams: Streams = 'both'): readonly Piece[] {
    return this.#growths
      .flatMap(({ stdout, stderr }): readonly Piece[] => [
        { stream: 'stdout', text: stdout },
        { stream: 'stderr', text: stderr },
      ])
      .filter(({ stream, text }) => text !== '' && (streams === 'both' || streams === stream));
  }

  #stored(stream: StreamName): StoredStream {
    const task = this.#table.get(id);
    if (task === undefined) throw new Error('the sample has one task');
    return task.stored[stream];
  }

  #record(draft: EventDraft): void {
    this.#past.push(...committed([draft], { after: this.#past.length }));
    this.#table[Symbol.dispose]();
    this.#table = this.#fold();
  }

  #fold(): LiveTable {
    return new LiveTable(
      { read: ({ after }) => this.#past.slice(after), onCommit: () => () => undefined },
      new MemoryArchive(() => this.#past),
    );
  }

  /** Reads as the daemon does, in batches as a client does, and leaves after so many chunks where that is said. */
  async read({ chunksMax = Infinity, ...asked }: Asked & { readonly chunksMax?: number } = {}): Promise<{
    readonly chunks: readonly LogChunk[];
    readonly end: LogEnd | null;
  }> {
    const chunks: LogChunk[] = [];
    const reading = chunksOf(this.items(asked), { task: '1', signal: new AbortController().signal });
    for (;;) {
      if (chunks.length >= chunksMax) {
        await reading.return(undefined as never);
        return { chunks, end: null };
      }
      const step = await reading.next();
      if (step.done === true) return { chunks, end: step.value };
      chunks.push(step.value);
    }
  }

  /** What the daemon sends of it, as it sends it. */
  items({ streams = 'both', lines = null, cursor = null, before = null, batches = false }: Asked = {}): ReturnType<
    typeof readLog
  > {
    const task = this.#table.get(id);
    if (task === undefined) throw new Error('the sample has one task');
    const supervisor = { find: () => undefined, folder: () => this.folder };
    const journal = {
      readOnce: ({ prefix }: { prefix: string }) =>
        this.#past.filter((event) => onceKey(event)?.startsWith(prefix) === true),
      findOnce: (key: string) => this.#past.find((event) => onceKey(event) === key) ?? null,
    };
    const options = {
      streams,
      lines,
      cursor,
      before,
      since: null,
      until: null,
      follow: before === null,
      batches,
      signal: new AbortController().signal,
    };
    return readLog({ table: this.#table, journal, supervisor, clock: systemClock() }, task, options);
  }

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
    rmSync(this.#path, { recursive: true, force: true });
  }

  #append({ stdout, stderr }: Growth): void {
    appendFileSync(this.folder.stream('stdout'), stdout, 'latin1');
    appendFileSync(this.folder.stream('stderr'), stderr, 'latin1');
  }
}

function closedAt({ stdout, stderr }: LogCursor): DataOf<'LogClosed'> {
  return { stdoutBytes: stdout, stderrBytes: stderr, besideBytes: 0 };
}

/** Pieces of the same stream that follow each other are one: where a chunk ends says nothing. */
export function joined(pieces: readonly Piece[]): readonly Piece[] {
  const whole: Piece[] = [];
  for (const { stream, text } of pieces) {
    const last = whole.at(-1);
    if (last?.stream === stream) whole.splice(-1, 1, { stream, text: last.text + text });
    else whole.push({ stream, text });
  }
  return whole;
}

/** The bytes of chunks as pieces, a character for each byte. */
export function piecesOf(chunks: readonly LogChunk[]): readonly Piece[] {
  return joined(chunks.map(({ stream, data }) => ({ stream, text: Buffer.from(data).toString('latin1') })));
}
