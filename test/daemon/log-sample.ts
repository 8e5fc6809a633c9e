import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readLog } from '../../src/daemon/log-reader.ts';
import { OrderWriter } from '../../src/daemon/order-index.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import type { StreamName } from '../../src/journal/events.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
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
const id = taskId(1);

/** The log of a task that has ended, as a daemon has left it on the disk: growths that it noted, and one that it did not. */
export class LogSample implements Disposable {
  readonly #path = mkdtempSync(join(tmpdir(), 'log-'));
  readonly folder = new TaskFolder(this.#path, id);
  readonly #growths: readonly Growth[];
  readonly #table: LiveTable;

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
    const past = committed(
      ['TaskSubmitted', 'TaskSpawned', 'TaskStarted', 'TaskExited', 'LogClosed'].map((type) =>
        taskDraft(type as 'LogClosed'),
      ),
    );
    this.#table = new LiveTable(
      { read: ({ after }) => past.slice(after), onCommit: () => () => undefined },
      new MemoryArchive(() => past),
    );
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

  /** Reads as the daemon does, and leaves after so many chunks where that is said. */
  async read({
    streams = 'both',
    lines = null,
    cursor = null,
    chunksMax = Infinity,
  }: { streams?: Streams; lines?: number | null; cursor?: LogCursor | null; chunksMax?: number } = {}): Promise<{
    readonly chunks: readonly LogChunk[];
    readonly end: LogEnd | null;
  }> {
    const task = this.#table.get(id);
    if (task === undefined) throw new Error('the sample has one task');
    const chunks: LogChunk[] = [];
    const supervisor = { find: () => undefined, folder: () => this.folder };
    const journal = { readTask: () => [], findOnce: () => null };
    const options = {
      streams,
      lines,
      cursor,
      before: null,
      since: null,
      until: null,
      follow: true,
      signal: new AbortController().signal,
    };
    const reading = readLog({ table: this.#table, journal, supervisor }, task, options);
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

  [Symbol.dispose](): void {
    this.#table[Symbol.dispose]();
    rmSync(this.#path, { recursive: true, force: true });
  }

  #append({ stdout, stderr }: Growth): void {
    appendFileSync(this.folder.stream('stdout'), stdout, 'latin1');
    appendFileSync(this.folder.stream('stderr'), stderr, 'latin1');
  }
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
