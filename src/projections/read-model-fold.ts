import { setImmediate } from 'node:timers/promises';

import { passCrashPoint } from '../crash-point.ts';
import { GhostError } from '../ghost-error.ts';
import { type Database, type Statement, restoreHint } from '../journal/database.ts';
import type { JournalEvent, TaskId } from '../journal/events.ts';
import type { OnOpening } from '../journal/journal-options.ts';
import type { EventReader, ReadModels } from '../journal/read-models.ts';
import { evolveTask, isTaskEvent } from './evolve-task.ts';
import { isLive } from './task-row.ts';
import { type TaskChange, TaskWriter, decodeTask } from './task-writer.ts';
import type { Task } from './task.ts';

/**
 * The version of the fold and of what is kept of it: to be raised when `evolveTask`, the shape of a `Task` or the tables
 * change, so that an older ghost's are folded anew.
 */
const foldVersion = 2;

/** A snapshot of the live tasks is kept after so many events, and after at least so many for each of them. */
const snapshotEventsMin = 1024;
const snapshotEventsPerTask = 8;

/** After how many events a snapshot follows the last, with so many live tasks: its size stays a part of the events'. */
function eventsToSnapshot(liveTasks: number): number {
  return Math.max(snapshotEventsMin, snapshotEventsPerTask * liveTasks);
}

const modelName = 'tasks';

export interface FoldOptions {
  /** Called after each chunk of the past that was folded, for tests that let the daemon end there. */
  readonly onChunk?: () => void;
  /** Instead of `eventsToSnapshot`, for tests of short journals. */
  readonly snapshotAfter?: (liveTasks: number) => number;
}

/** How far the fold has come. Replaced as one, so that an undone transaction can put it back. */
interface Progress {
  readonly seq: number;
  /** The time of that event. */
  readonly at: number;
  /** The event after which the last snapshot was kept. */
  readonly snapshot: number;
}

/** Folds events into the tables of migration 0002, in the transaction that appends them. */
export class ReadModelFold implements ReadModels {
  readonly #database: Database;
  readonly #writer: TaskWriter;
  readonly #state: Statement<[id: number], [string]>;
  readonly #live = new Map<TaskId, Task>();
  readonly #note: Statement<[version: number, seq: number, hash: string]>;
  readonly #keepSnapshot: Statement<[seq: number, at: number, tasks: string]>;
  readonly #keepStep: Statement<[seq: number]>;
  readonly #onChunk: () => void;
  readonly #snapshotAfter: (liveTasks: number) => number;
  #progress: Progress = { seq: 0, at: 0, snapshot: 0 };
  #undo: { readonly progress: Progress; readonly live: Map<TaskId, Task | undefined> } | null = null;

  constructor(database: Database, { onChunk = () => undefined, snapshotAfter = eventsToSnapshot }: FoldOptions = {}) {
    this.#database = database;
    this.#onChunk = onChunk;
    this.#snapshotAfter = snapshotAfter;
    this.#writer = new TaskWriter(database);
    this.#state = database.prepare<[number], [string]>('SELECT state FROM task_states WHERE id = ?').raw();
    this.#note = database.prepare(
      `INSERT OR REPLACE INTO read_models (name, version, seq, hash) VALUES ('${modelName}', ?, ?, ?)`,
    );
    this.#keepSnapshot = database.prepare('INSERT INTO snapshots (seq, at, tasks) VALUES (?, ?, ?)');
    this.#keepStep = database.prepare('INSERT INTO clock_steps (seq) VALUES (?)');
  }

  /** The last event that is folded. */
  get seq(): number {
    return this.#progress.seq;
  }

  /** The same fold into the tables of another database. */
  into(database: Database): ReadModelFold {
    return new ReadModelFold(database, { snapshotAfter: this.#snapshotAfter });
  }

  /** Reads anew what the tables hold, after they were replaced. */
  reload(): void {
    this.#live.clear();
    this.#undo = null;
    this.#load();
  }

  async catchUp(reader: EventReader, onOpening: OnOpening): Promise<void> {
    this.#load();
    for (;;) {
      const events = reader.read({ after: this.#progress.seq });
      if (events.length === 0) return;
      this.#database.transaction(() => {
        this.fold(events);
      })();
      this.#onChunk();
      onOpening({ step: 'fold', done: this.#progress.seq, total: reader.lastSeq });
      await setImmediate();
    }
  }

  fold(events: readonly JournalEvent[]): void {
    const undo = { progress: this.#progress, live: new Map<TaskId, Task | undefined>() };
    this.#undo = undo;
    const changes = new Map<TaskId, TaskChange>();
    let { seq, at, snapshot } = this.#progress;
    let hash = '';
    let sealed: TaskId | null = null;
    for (const event of events) {
      if (event.at < at) this.#keepStep.run(event.seq);
      ({ seq, at, hash } = event);
      if (event.type === 'LogSegmentSealed') sealed = event.task;
      if (isTaskEvent(event)) {
        const known = changes.get(event.task);
        const kept = known === undefined ? this.#get(event.task) : known.before;
        const before = known === undefined ? kept : known.after;
        const after = evolveTask(before, event);
        if (after !== undefined && after !== before) {
          const ended = before?.status.kind !== 'ended' && after.status.kind === 'ended';
          changes.set(after.id, {
            before: kept,
            after,
            submittedSeq: before === undefined ? event.seq : (known?.submittedSeq ?? null),
            endedSeq: ended ? event.seq : (known?.endedSeq ?? null),
          });
          if (!undo.live.has(after.id)) undo.live.set(after.id, this.#live.get(after.id));
          if (isLive(after)) this.#live.set(after.id, after);
          else this.#live.delete(after.id);
        }
      }
      if (seq - snapshot >= this.#snapshotAfter(this.#live.size)) {
        snapshot = seq;
        this.#keepSnapshot.run(seq, at, JSON.stringify([...this.#live.values()].toSorted((a, b) => a.id - b.id)));
        passCrashPoint('journal.snapshot');
      }
    }
    this.#writer.write(changes.values());
    if (sealed !== null) this.#writer.noteSealed(sealed);
    this.#note.run(foldVersion, seq, hash);
    this.#progress = { seq, at, snapshot };
  }

  rolledBack(): void {
    if (this.#undo === null) return;
    this.#progress = this.#undo.progress;
    for (const [id, task] of this.#undo.live) {
      if (task === undefined) this.#live.delete(id);
      else this.#live.set(id, task);
    }
    this.#undo = null;
  }

  #get(id: TaskId): Task | undefined {
    const live = this.#live.get(id);
    if (live !== undefined) return live;
    const row = this.#state.get(id);
    return row === undefined ? undefined : decodeTask(row[0]);
  }

  /** Reads how far the tables are; those of another version of the fold are emptied. */
  #load(): void {
    const model = this.#database
      .prepare<[string], [version: number, seq: number, hash: string]>(
        'SELECT version, seq, hash FROM read_models WHERE name = ?',
      )
      .raw()
      .get(modelName);
    if (model !== undefined && model[0] !== foldVersion) {
      this.#database.transaction(() => {
        emptyTables(this.#database);
      })();
      return;
    }
    if (model === undefined) return;
    const [, seq, hash] = model;
    this.#refuseCut(seq, hash);
    const number = (sql: string): number => this.#database.prepare<[], [number | null]>(sql).raw().get()?.[0] ?? 0;
    this.#progress = {
      seq,
      at: number(`SELECT at FROM events WHERE seq = ${seq}`),
      snapshot: number('SELECT max(seq) FROM snapshots'),
    };
    const live = this.#database
      .prepare<[], [string]>('SELECT state FROM task_states WHERE id IN (SELECT id FROM tasks WHERE live = 1)')
      .raw();
    for (const [state] of live.all()) {
      const task = decodeTask(state);
      this.#live.set(task.id, task);
    }
  }

  /** Both are written in one transaction, so that no crash can part them. */
  #refuseCut(seq: number, hash: string): void {
    const row = this.#database.prepare<[number], [string]>('SELECT hash FROM events WHERE seq = ?').raw().get(seq);
    if (row?.[0] === hash) return;
    throw new GhostError(
      'journal-unusable',
      row === undefined
        ? `the end of the journal was removed behind ghost's back: event ${seq} is known, and gone`
        : `the journal was changed behind ghost's back at event ${seq}`,
      { hint: restoreHint(this.#database.name) },
    );
  }
}

/** The tables of migration 0002, but for the index of texts. */
export const readModelTables = [
  'tasks',
  'task_states',
  'task_tags',
  'snapshots',
  'clock_steps',
  'counters',
  'read_models',
] as const;

export type ReadModelTable = (typeof readModelTables)[number];

function emptyTables(database: Database): void {
  for (const table of readModelTables) database.exec(`DELETE FROM ${table}`);
  database.exec("INSERT INTO task_search (task_search) VALUES ('delete-all')");
}
