import type { Microseconds, StreamName, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { blockBytes, inBlocks, rangeInBlocks } from '../projections/stored-bytes.ts';
import { besideBytes, closedLength, isUnsealed, outputBytes } from '../projections/task-row.ts';
import type { TaskStore } from '../projections/task-store.ts';
import type { StoredStream, Task } from '../projections/task.ts';
import { streamNames } from '../stream-names.ts';
import { bytesOnDisk } from './file-system.ts';
import { type OpenOutput, type OutputPiece, type TaskOutput, mergeByAge } from './retention-policy.ts';
import { TaskFolder } from './task-folder.ts';

interface OutputContext {
  readonly journal: Journal;
  readonly table: LiveTable;
  readonly store: TaskStore;
  readonly tasksFolder: string;
}

/** The newest of a stream that is still written stays: what somebody who looks at the task wants to see. */
export const newestKeptBytes = 64 * 1024;

/**
 * What the output of all tasks takes on the disk, by task. A complete one's follows from its events and is kept by the
 * read model, so that a million of them cost neither a look at the disk nor memory; of one that is still written the
 * spools are looked at, when it is said that they have changed.
 */
export class StoredOutput {
  readonly #journal: Journal;
  readonly #table: LiveTable;
  readonly #store: TaskStore;
  readonly #tasksFolder: string;
  readonly #open = new Map<TaskId, number>();

  constructor({ journal, table, store, tasksFolder }: OutputContext) {
    this.#journal = journal;
    this.#table = table;
    this.#store = store;
    this.#tasksFolder = tasksFolder;
    for (const id of table.current.openLogs) this.measure(id);
  }

  /** What all of it takes, as of the last measure of each task that still writes. */
  get bytes(): number {
    let bytes = this.#store.counter('outputBytes');
    for (const [id, open] of this.#open) {
      if (this.#table.current.openLogs.has(id)) bytes += open;
      else this.#open.delete(id);
    }
    return bytes;
  }

  /** Looks at one task anew. @returns what its output takes. */
  measure(id: TaskId): number {
    const task = this.#table.get(id);
    if (task === undefined) return 0;
    if (task.log.kind === 'closed') {
      this.#open.delete(id);
      return outputBytes(task);
    }
    const bytes = this.#bytesOfOpen(task);
    this.#open.set(id, bytes);
    return bytes;
  }

  /**
   * One task's output, compressed, with all that can go of it. What is yet to be compressed counts as it will be by what
   * became of the rest of its stream: a task that writes faster than that goes is not robbed of what would fit.
   */
  outputOf(id: TaskId): TaskOutput {
    const bytes = this.measure(id);
    const task = this.#table.get(id);
    if (task === undefined || (task.log.kind === 'closed' && !isUnsealed(task))) {
      return { bytes, pieces: this.#pieces(id) };
    }
    const spared = streamNames
      .map((stream) => this.#rawBytesOf(task, stream) * (1 - ratioOf(task.stored[stream])))
      .reduce((sum, part) => sum + part, 0);
    // Of a complete one the rest goes into segments soon, and only then the oldest of it can be told from the newest.
    return { bytes: bytes - spared, pieces: task.log.kind === 'closed' ? this.#segments(id) : this.#pieces(id) };
  }

  /**
   * The same of what is in segments alone, as long as there is more: where no range of a file can be given back, a log is
   * compressed when it is complete, and may be within its limit then.
   */
  compressedOf(id: TaskId): TaskOutput {
    const task = this.#table.get(id);
    if (task === undefined || (task.log.kind === 'closed' && !isUnsealed(task))) return this.outputOf(id);
    const { stdout, stderr } = task.stored;
    return { bytes: stdout.segmentBytes + stderr.segmentBytes, pieces: this.#segments(id) };
  }

  /** The tasks whose output is complete and not all gone, those that ended first first. */
  *complete(): Generator<TaskOutput & { readonly id: TaskId; readonly endedAt: Microseconds }, void, void> {
    for (const { id, bytes, endedAt } of this.#store.withOutput()) {
      yield { id, bytes, endedAt, pieces: this.#pieces(id) };
    }
  }

  /** The same of some tasks alone. */
  *completeOf(tasks: readonly Task[]): ReturnType<StoredOutput['complete']> {
    const complete = tasks.flatMap((task) => {
      const { id, status, log } = task;
      const bytes = outputBytes(task);
      if (status.kind !== 'ended' || log.kind === 'open' || bytes === 0) return [];
      return [{ id, bytes, endedAt: status.endedAt, pieces: this.#pieces(id) }];
    });
    yield* complete.toSorted((one, other) => one.endedAt - other.endedAt);
  }

  /** The tasks whose output, complete or not, may take more than so many bytes. */
  *over(bytes: number): Generator<TaskId, void, void> {
    yield* this.#store.withOutputOver(bytes);
    yield* this.#table.current.openLogs;
  }

  /** Those whose output is still written. */
  *open(): Generator<OpenOutput, void, void> {
    for (const id of this.#open.keys()) yield { segments: this.#segments(id), raw: this.#raw(id, this.#table.get(id)) };
  }

  /** With the last of a complete output goes what is beside it. */
  *#pieces(id: TaskId): Generator<OutputPiece, void, void> {
    const task = this.#table.get(id);
    let last: OutputPiece | null = null;
    if (task === undefined) return;
    for (const piece of this.#allPieces(task)) {
      if (last !== null) yield last;
      last = piece;
    }
    if (last === null) return;
    yield task.log.kind === 'open' ? last : { ...last, bytes: last.bytes + besideBytes(task) };
  }

  *#allPieces(task: Task): Generator<OutputPiece, void, void> {
    // Most outputs are small: there are no segments to be read and put in order.
    if (streamNames.some((stream) => task.stored[stream].starts.length > 0)) yield* this.#segments(task.id);
    yield* this.#raw(task.id, task);
  }

  #segments(id: TaskId): Iterable<OutputPiece> {
    return mergeByAge(streamNames.map((stream) => this.#segmentsOf(id, stream)));
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

  *#raw(id: TaskId, task: Task | undefined): Generator<OutputPiece, void, void> {
    if (task === undefined) return;
    for (const stream of streamNames) {
      const base = { task: id, stream, from: task.stored[stream].sealedTo, file: null, age: Number.POSITIVE_INFINITY };
      if (task.log.kind === 'closed') {
        const to = closedLength(task.log, stream);
        const bytes = rangeInBlocks({ from: base.from, to });
        if (to > base.from) yield { ...base, to, bytes, divisible: false };
      } else {
        const kept = new TaskFolder(this.#tasksFolder, id).size(stream) - newestKeptBytes;
        const to = Math.floor(kept / blockBytes) * blockBytes;
        if (to > base.from) yield { ...base, to, bytes: to - base.from, divisible: true };
      }
    }
  }

  #rawBytesOf({ id, log, stored }: Task, stream: StreamName): number {
    if (log.kind === 'open') return bytesOnDisk(new TaskFolder(this.#tasksFolder, id).stream(stream));
    return closedLength(log, stream) - stored[stream].sealedTo;
  }

  #bytesOfOpen(task: Task): number {
    const folder = new TaskFolder(this.#tasksFolder, task.id);
    return streamNames.reduce(
      (sum, stream) => sum + task.stored[stream].segmentBytes + bytesOnDisk(folder.stream(stream)),
      // Of many records the index that tells their order and times takes as much as what they tell of.
      bytesOnDisk(folder.order) + besideBytes(task),
    );
  }
}

/** How much smaller a stream has become where it is compressed; 1 where nothing of it is. */
function ratioOf({ segmentBytes, sealedTo, prunedTo }: StoredStream): number {
  return sealedTo > prunedTo ? Math.min(1, segmentBytes / (sealedTo - prunedTo)) : 1;
}
