import type { Database, Statement } from '../journal/database.ts';
import type { JournalEvent, TaskId } from '../journal/events.ts';
import { evolveTask, isTaskEvent } from './evolve-task.ts';
import { isLive } from './task-row.ts';
import type { TaskStore } from './task-store.ts';
import type { Task } from './task.ts';

/** So many events are replayed in one step. */
const replayAtOnce = 1_000;

/** What the past is read from. */
interface PastReader {
  read(from: { after: number; most: number }): readonly JournalEvent[];
  readTask(task: TaskId): readonly JournalEvent[];
  readonly lastSeq: number;
}

/** The tasks as they stood after an event of the past: what the events until then fold to. */
export class PastTasks {
  readonly #reader: PastReader;
  readonly #store: TaskStore;
  readonly #snapshot: Statement<[seq: number], [seq: number, tasks: string]>;
  readonly #steps: Statement<[], [seq: number]>;
  readonly #at: Statement<[seq: number], [at: number]>;

  constructor(database: Database, { reader, store }: { reader: PastReader; store: TaskStore }) {
    this.#reader = reader;
    this.#store = store;
    this.#snapshot = database
      .prepare<[number], [number, string]>('SELECT seq, tasks FROM snapshots WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
      .raw();
    this.#steps = database.prepare<[], [number]>('SELECT seq FROM clock_steps ORDER BY seq DESC').raw();
    this.#at = database.prepare<[number], [number]>('SELECT at FROM events WHERE seq = ?').raw();
  }

  /** The last event that was recorded at a time or before it, 0 where there is none. Times are microseconds since 1970. */
  lastSeqAt(time: number): number {
    let end = this.#reader.lastSeq;
    // Within each stretch between two set-backs of the clock, time only grows.
    for (const begin of [...this.#steps.all().map(([seq]) => seq), 1]) {
      const last = this.#lastWithin({ begin, end }, time);
      if (last !== null) return last;
      end = begin - 1;
    }
    return 0;
  }

  /** The first event that was recorded at a time or after it; the one after the last where there is none. */
  firstSeqSince(time: number): number {
    let end = this.#reader.lastSeq;
    let first = end + 1;
    for (const begin of [...this.#steps.all().map(([seq]) => seq), 1]) {
      const before = this.#lastWithin({ begin, end }, time - 1);
      const since = before === null ? begin : before + 1;
      if (since <= end) first = since;
      end = begin - 1;
    }
    return first;
  }

  /** Those that were live then, in the order of their numbers. Replayed in steps of a few milliseconds. */
  *liveAt(seq: number): Generator<undefined, readonly Task[], void> {
    const [snapshotSeq, text] = this.#snapshot.get(seq) ?? [0, '[]'];
    const tasks = new Map<TaskId, Task>();
    // What the fold wrote (ReadModelFold), whose version is this one.
    for (const task of JSON.parse(text) as readonly Task[]) tasks.set(task.id, task);
    for (let after = snapshotSeq; after < seq;) {
      const most = Math.min(replayAtOnce, seq - after);
      const events = this.#reader.read({ after, most }).filter((event) => event.seq <= seq);
      const last = events.at(-1);
      if (last === undefined) break;
      after = last.seq;
      for (const event of events) {
        if (!isTaskEvent(event)) continue;
        const before = tasks.get(event.task);
        // An ended task that somebody signals is live again: what it was before is not in the snapshot.
        const task =
          before === undefined && event.type !== 'TaskSubmitted'
            ? this.get(event.task, { seq: event.seq })
            : evolveTask(before, event);
        if (task === undefined) continue;
        if (isLive(task)) tasks.set(task.id, task);
        else tasks.delete(task.id);
      }
      yield;
    }
    return [...tasks.values()].toSorted((one, other) => one.id - other.id);
  }

  /** One task as it was then, or undefined where it was not yet. */
  get(id: TaskId, { seq }: { seq: number }): Task | undefined {
    const now = this.#store.get(id);
    if (now === undefined || now.changedBy <= seq) return now;
    let task: Task | undefined;
    for (const event of this.#reader.readTask(id)) {
      if (event.seq > seq) break;
      if (isTaskEvent(event)) task = evolveTask(task, event);
    }
    return task;
  }

  /** The last event of a range that is not later than a time; its times only grow. */
  #lastWithin({ begin, end }: { readonly begin: number; readonly end: number }, time: number): number | null {
    const at = (seq: number): number => this.#at.get(seq)?.[0] ?? Number.POSITIVE_INFINITY;
    if (end < begin || at(begin) > time) return null;
    let [low, high] = [begin, end];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (at(middle) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
