import type { Database, Statement } from '../journal/database.ts';
import type { SequenceNumber, TaskId } from '../journal/events.ts';
import { indexedText } from './search-text.ts';
import { type TaskRow, keptBytes, rowOf } from './task-row.ts';
import type { Task } from './task.ts';

/** What became of a task in one transaction. */
export interface TaskChange {
  /** As it was kept before, undefined where it is new. */
  readonly before: Task | undefined;
  readonly after: Task;
  /** The event that submitted it, or that ended it, where that was among these. */
  readonly submittedSeq: SequenceNumber | null;
  readonly endedSeq: SequenceNumber | null;
}

/** The names of what is counted over all tasks, and of the last one of something. */
export type Counter = 'tasks' | 'logBytes' | 'outputBytes' | 'searchTo' | 'lastSealed';

/** Tasks are put into the index of texts in blocks of so many: one by one it costs each commit twice as much. */
export const searchBlock = 256;

type Value = string | number | null;

/** Writes what is known of tasks into the tables of migration 0002, each task once for each transaction. */
export class TaskWriter {
  readonly #database: Database;
  readonly #insert: Statement<Value[]>;
  readonly #putState: Statement<[id: number, state: string]>;
  readonly #addTag: Statement<[tag: string, task: number]>;
  readonly #removeTag: Statement<[tag: string, task: number]>;
  readonly #searchable: Statement<[after: number, to: number], [id: number, text: string, uuid: string]>;
  readonly #addSearch: Statement<[id: number, text: string]>;
  readonly #removeSearch: Statement<[id: number]>;
  readonly #counter: Statement<[name: Counter], [number]>;
  readonly #setCounter: Statement<[name: Counter, value: number]>;
  readonly #removeCounter: Statement<[Counter]>;
  readonly #lastId: Statement<[], [number | null]>;
  /** By the columns that they set. */
  readonly #updates = new Map<string, Statement<Value[]>>();

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO tasks (id, uuid, command, cwd, submitted_at, submitted_seq, ended_seq, submitted_high,
         name, text, state, exit_code, signal, started_at, ended_at, duration_ms, forgotten, live, output_bytes,
         unsealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, max(?, coalesce((SELECT max(submitted_high) FROM tasks), 0)),
         ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#putState = database.prepare('INSERT OR REPLACE INTO task_states (id, state) VALUES (?, ?)');
    this.#addTag = database.prepare('INSERT INTO task_tags (tag, task) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#removeTag = database.prepare('DELETE FROM task_tags WHERE tag = ? AND task = ?');
    this.#searchable = database
      .prepare<[number, number], [number, string, string]>('SELECT id, text, uuid FROM tasks WHERE id > ? AND id <= ?')
      .raw();
    this.#addSearch = database.prepare('INSERT INTO task_search (rowid, text) VALUES (?, ?)');
    this.#removeSearch = database.prepare('DELETE FROM task_search WHERE rowid = ?');
    this.#counter = database.prepare<[Counter], [number]>('SELECT value FROM counters WHERE name = ?').raw();
    this.#setCounter = database.prepare('INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)');
    this.#removeCounter = database.prepare('DELETE FROM counters WHERE name = ?');
    this.#lastId = database.prepare<[], [number | null]>('SELECT max(id) FROM tasks').raw();
  }

  /** To be called in a transaction. */
  write(changes: Iterable<TaskChange>): void {
    const counts = { tasks: 0, logBytes: 0, outputBytes: 0 };
    for (const change of changes) {
      const { before, after } = change;
      if (before === undefined) {
        this.#insertTask(change);
        counts.tasks += 1;
        counts.outputBytes += rowOf(after).output_bytes;
      } else {
        const [rowBefore, row] = [rowOf(before), rowOf(after)];
        this.#update(change, rowBefore, row);
        counts.outputBytes += row.output_bytes - rowBefore.output_bytes;
      }
      counts.logBytes += keptBytes(after) - (before === undefined ? 0 : keptBytes(before));
      this.#putState.run(after.id, JSON.stringify(after));
      for (const tag of after.tags) if (before?.tags.includes(tag) !== true) this.#addTag.run(tag, after.id);
      for (const tag of before?.tags ?? []) if (!after.tags.includes(tag)) this.#removeTag.run(tag, after.id);
    }
    for (const name of ['tasks', 'logBytes', 'outputBytes'] as const) this.#count(name, counts[name]);
    if (counts.tasks > 0) this.#indexTexts();
  }

  /** The task of which a segment was sealed last. */
  noteSealed(id: TaskId): void {
    this.#setCounter.run('lastSealed', id);
  }

  counter(name: Counter): number {
    return this.#counter.get(name)?.[0] ?? 0;
  }

  #insertTask({ after, submittedSeq, endedSeq }: TaskChange): void {
    const row = rowOf(after);
    this.#insert.run(
      after.id,
      after.uuid,
      JSON.stringify(after.command),
      after.cwd,
      after.submittedAt,
      submittedSeq,
      endedSeq,
      after.submittedAt,
      row.name,
      row.text,
      row.state,
      row.exit_code,
      row.signal,
      row.started_at,
      row.ended_at,
      row.duration_ms,
      row.forgotten,
      row.live,
      row.output_bytes,
      row.unsealed,
    );
  }

  /** Only what has changed, so that only the indexes of that are touched. */
  #update({ after: { id, uuid }, endedSeq }: TaskChange, before: TaskRow, after: TaskRow): void {
    const columns = rowColumns.filter((column) => before[column] !== after[column]);
    const values: Value[] = columns.map((column) => after[column]);
    const names: string[] = [...columns];
    if (endedSeq !== null) {
      names.push('ended_seq');
      values.push(endedSeq);
    }
    if (names.length === 0) return;
    const key = names.join();
    let statement = this.#updates.get(key);
    if (statement === undefined) {
      statement = this.#database.prepare<Value[]>(
        `UPDATE tasks SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`,
      );
      this.#updates.set(key, statement);
    }
    statement.run(...values, id);
    if (before.text !== after.text && id <= this.counter('searchTo')) {
      this.#removeSearch.run(id);
      this.#addSearch.run(id, indexedText(after.text, uuid));
    }
  }

  /** Indexes the texts of all tasks anew, up to where the counter says. */
  indexAnew(): void {
    this.#database.exec("INSERT INTO task_search (task_search) VALUES ('delete-all')");
    this.#index(0, this.counter('searchTo'));
  }

  #indexTexts(): void {
    const last = this.#lastId.get()?.[0] ?? 0;
    const to = Math.floor(last / searchBlock) * searchBlock;
    const from = this.counter('searchTo');
    if (to <= from) return;
    this.#index(from, to);
    this.#setCounter.run('searchTo', to);
  }

  /** Block by block, so that not all texts are in memory at once. */
  #index(after: number, to: number): void {
    for (let from = after; from < to; from += searchBlock) {
      const rows = this.#searchable.all(from, Math.min(from + searchBlock, to));
      for (const [id, text, uuid] of rows) this.#addSearch.run(id, indexedText(text, uuid));
    }
  }

  #count(name: Counter, change: number): void {
    if (change === 0) return;
    const value = this.counter(name) + change;
    // None is nought, whatever the batches were in which it came to that: a fold from zero finds the same.
    if (value === 0) this.#removeCounter.run(name);
    else this.#setCounter.run(name, value);
  }
}

const rowColumns: readonly (keyof TaskRow)[] = [
  'name',
  'text',
  'state',
  'exit_code',
  'signal',
  'started_at',
  'ended_at',
  'duration_ms',
  'forgotten',
  'live',
  'output_bytes',
  'unsealed',
];

/** A task as it is kept in `task_states`. */
export function decodeTask(state: string): Task {
  // What this ghost's fold wrote, or one whose version is the same.
  return JSON.parse(state) as Task;
}
