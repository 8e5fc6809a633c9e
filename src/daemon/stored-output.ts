import { join } from 'node:path';

import type { StreamName, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { Task } from '../projections/task.ts';
import { blockBytes, bytesOnDisk, inBlocks } from './file-system.ts';
import { type OpenOutput, type OutputPiece, type TaskOutput, mergeByAge } from './retention-policy.ts';
import { TaskFolder } from './task-folder.ts';

const streams: readonly StreamName[] = ['stdout', 'stderr'];
/** The newest of a stream that is still written stays: what somebody who looks at the task wants to see. */
export const newestKeptBytes = 64 * 1024;

/**
 * What the output of all tasks takes on the disk, by task. A complete one's follows from its events, so that a million
 * of them cost no look at the disk; of one that is still written the spools are looked at, when it is said that they
 * have changed.
 */
export class StoredOutput {
  readonly #journal: Journal;
  readonly #table: LiveTable;
  readonly #tasksFolder: string;
  /** Only those that have any, in the order in which they ended. */
  readonly #complete = new Map<TaskId, number>();
  readonly #open = new Map<TaskId, number>();
  #bytes = 0;

  constructor({ journal, table, tasksFolder }: { journal: Journal; table: LiveTable; tasksFolder: string }) {
    this.#journal = journal;
    this.#table = table;
    this.#tasksFolder = tasksFolder;
    const { ended, active } = table.current;
    for (const id of [...ended, ...active]) this.measure(id);
  }

  /** What all of it takes, as of the last measure of each task. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Looks at one task anew. @returns what its output takes. */
  measure(id: TaskId): number {
    const task = this.#table.get(id);
    if (task === undefined) return 0;
    const bytes = this.#bytesOf(task);
    this.#bytes += bytes - (this.#complete.get(id) ?? this.#open.get(id) ?? 0);
    this.#open.delete(id);
    if (task.log.kind === 'open') this.#open.set(id, bytes);
    else if (bytes > 0) this.#complete.set(id, bytes);
    else this.#complete.delete(id);
    return bytes;
  }

  /** One task's output with all that can go of it. */
  outputOf(id: TaskId): TaskOutput {
    const bytes = this.#complete.get(id) ?? this.#open.get(id) ?? 0;
    return { bytes, pieces: this.#pieces(id) };
  }

  /** The same of what is in segments alone: where no range of a file that is still written can be given back. */
  compressedOf(id: TaskId): TaskOutput {
    if (!this.#open.has(id)) return this.outputOf(id);
    const stored = this.#table.get(id)?.stored;
    const bytes = (stored?.stdout.segmentBytes ?? 0) + (stored?.stderr.segmentBytes ?? 0);
    return { bytes, pieces: this.#segments(id) };
  }

  /** The tasks whose output is complete and not all gone, those that ended first first. */
  *complete(): Generator<TaskOutput & { readonly id: TaskId }, void, void> {
    for (const [id, bytes] of this.#complete) yield { id, bytes, pieces: this.#pieces(id) };
  }

  /** Those whose output is still written. */
  *open(): Generator<OpenOutput, void, void> {
    for (const id of this.#open.keys()) yield { segments: this.#segments(id), raw: this.#raw(id) };
  }

  *#pieces(id: TaskId): Generator<OutputPiece, void, void> {
    yield* this.#segments(id);
    yield* this.#raw(id);
  }

  #segments(id: TaskId): Iterable<OutputPiece> {
    return mergeByAge(streams.map((stream) => this.#segmentsOf(id, stream)));
  }

  /** Read one by one as they are asked for: mostly it is the first few that go. */
  *#segmentsOf(id: TaskId, stream: StreamName): Generator<OutputPiece, void, void> {
    for (const start of this.#table.get(id)?.stored[stream].starts ?? []) {
      const event = this.#journal.findOnce(`LogSegmentSealed:${id}:${stream}:${start}`);
      if (event?.type !== 'LogSegmentSealed') continue;
      const { from, to, file, bytes } = event.data;
      yield { task: id, stream, from, to, file, bytes: inBlocks(bytes), age: event.seq, divisible: false };
    }
  }

  *#raw(id: TaskId): Generator<OutputPiece, void, void> {
    const task = this.#table.get(id);
    if (task === undefined) return;
    for (const stream of streams) {
      const base = { task: id, stream, from: task.stored[stream].sealedTo, file: null, age: Number.POSITIVE_INFINITY };
      if (task.log.kind === 'closed') {
        const to = stream === 'stdout' ? task.log.stdoutBytes : task.log.stderrBytes;
        const bytes = inBlocks(to - base.from);
        if (to > base.from) yield { ...base, to, bytes, divisible: false };
      } else {
        const kept = new TaskFolder(this.#tasksFolder, id).size(stream) - newestKeptBytes;
        const to = Math.floor(kept / blockBytes) * blockBytes;
        if (to > base.from) yield { ...base, to, bytes: to - base.from, divisible: true };
      }
    }
  }

  #bytesOf({ id, log, stored }: Task): number {
    const folder = new TaskFolder(this.#tasksFolder, id);
    // Of many records the index that tells their order and times takes as much as what they tell of.
    const hasIndex = log.kind === 'open' || stored.stdout.starts.length + stored.stderr.starts.length > 0;
    const index = hasIndex ? bytesOnDisk(folder.order) : 0;
    return streams
      .map((stream) => {
        const { segmentBytes, starts, sealedTo } = stored[stream];
        // On average the last block of a file is half full.
        const segments = segmentBytes + (starts.length * blockBytes) / 2;
        if (log.kind === 'open') return segments + bytesOnDisk(folder.stream(stream));
        const length = stream === 'stdout' ? log.stdoutBytes : log.stderrBytes;
        return segments + inBlocks(Math.max(0, length - sealedTo));
      })
      .reduce((sum, bytes) => sum + bytes, index);
  }
}

/** The path of a piece's file. */
export function pathOf({ file, stream }: Pick<OutputPiece, 'file' | 'stream'>, folder: TaskFolder): string {
  return file === null ? folder.stream(stream) : join(folder.path, file);
}
