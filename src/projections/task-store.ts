import type { Database, Statement } from '../journal/database.ts';
import type { Microseconds, TaskId } from '../journal/events.ts';
import type { TaskArchive } from './live-table.ts';
import { uuidMatch } from './search-text.ts';
import { largeOutputBytes } from './stored-bytes.ts';
import type { TaskState } from './task-view.ts';
import { decodeTask, type Counter } from './task-writer.ts';
import type { Task } from './task.ts';

type EndedState = Exclude<TaskState, 'running'>;
export const endedStates: readonly EndedState[] = ['exited', 'failed', 'killed', 'lost'];
/** How many rows of an index are looked at in one go. */
const rowsAtOnce = 500;

/** Asks the tables that `ReadModelFold` keeps: every look costs what it gives, however many tasks there are. */
export class TaskStore implements TaskArchive {
  readonly #position: Statement<[], [seq: number, hash: string]>;
  readonly #live: Statement<[], [state: string]>;
  readonly #get: Statement<[id: number], [state: string]>;
  readonly #byName: Statement<[name: string], [id: number]>;
  readonly #byUuid: Statement<[match: string, from: string, to: string, limit: number], [id: number, uuid: string]>;
  readonly #byUuidScan: Statement<[after: number, from: string, to: string, limit: number], [id: number, uuid: string]>;
  readonly #newest: Statement<[], [id: number]>;
  readonly #counter: Statement<[name: Counter], [number]>;
  readonly #ended: Statement<[state: string, before: number, limit: number], [seq: number, id: number, hidden: number]>;
  readonly #outputs: Statement<
    [after: number, limit: number],
    [seq: number, id: number, bytes: number, endedAt: Microseconds]
  >;

  readonly #numbered: Statement<
    [after: number, limit: number],
    [id: number, state: TaskState, hidden: number, submittedSeq: number, endedSeq: number | null]
  >;
  readonly #large: Statement<[bytes: number], [id: number]>;
  readonly #unsealed: Statement<[], [id: number]>;

  constructor(database: Database) {
    const rows = <P extends unknown[], R>(sql: string): Statement<P, R> => database.prepare<P, R>(sql).raw();
    this.#position = rows("SELECT seq, hash FROM read_models WHERE name = 'tasks'");
    this.#live = rows(
      'SELECT state FROM task_states WHERE id IN (SELECT id FROM tasks INDEXED BY tasks_live WHERE live = 1) ORDER BY id',
    );
    this.#get = rows('SELECT state FROM task_states WHERE id = ?');
    this.#byName = rows('SELECT id FROM tasks WHERE name = ? AND forgotten = 0 ORDER BY id DESC LIMIT 1');
    this.#byUuid = rows(
      `SELECT t.id, t.uuid FROM task_search CROSS JOIN tasks t ON t.id = task_search.rowid
       WHERE task_search MATCH ? AND t.uuid >= ? AND t.uuid < ? LIMIT ?`,
    );
    this.#byUuidScan = rows('SELECT id, uuid FROM tasks WHERE id > ? AND uuid >= ? AND uuid < ? LIMIT ?');
    this.#newest = rows('SELECT id FROM tasks WHERE forgotten = 0 ORDER BY id DESC LIMIT 1');
    this.#counter = rows('SELECT value FROM counters WHERE name = ?');
    this.#ended = rows(
      `SELECT ended_seq, id, forgotten FROM tasks INDEXED BY tasks_ended
       WHERE state = ? AND ended_seq IS NOT NULL AND ended_seq < ? ORDER BY ended_seq DESC LIMIT ?`,
    );
    this.#outputs = rows(
      `SELECT ended_seq, id, output_bytes, ended_at FROM tasks INDEXED BY tasks_output
       WHERE output_bytes > 0 AND ended_seq > ? ORDER BY ended_seq LIMIT ?`,
    );
    this.#numbered = rows(
      'SELECT id, state, forgotten, submitted_seq, ended_seq FROM tasks WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.#large = rows(
      `SELECT id FROM tasks INDEXED BY tasks_large WHERE output_bytes >= ${largeOutputBytes} AND output_bytes > ?`,
    );
    this.#unsealed = rows('SELECT id FROM tasks INDEXED BY tasks_unsealed WHERE unsealed = 1');
  }

  /** The last event that is folded, and its hash. */
  position(): { readonly seq: number; readonly hash: string } {
    const [seq, hash] = this.#position.get() ?? [0, ''];
    return { seq, hash };
  }

  live(): { readonly seq: number; readonly tasks: readonly Task[] } {
    return { seq: this.position().seq, tasks: this.#live.all().map(([state]) => decodeTask(state)) };
  }

  get(id: TaskId): Task | undefined {
    const row = this.#get.get(id);
    return row === undefined ? undefined : decodeTask(row[0]);
  }

  /** The newest task that bears a name now; hidden ones have none. */
  newestNamed(name: string): Task | undefined {
    return this.#one(this.#byName.get(name));
  }

  /** The newest task that is not hidden. */
  newest(): Task | undefined {
    return this.#one(this.#newest.get());
  }

  /** Some of the tasks whose UUID begins so. */
  withUuidPrefix(
    prefix: string,
    { limit }: { limit: number },
  ): readonly { readonly id: TaskId; readonly uuid: string }[] {
    const range = [prefix, `${prefix}~`, limit] as const;
    const match = uuidMatch(prefix);
    const indexed = match === null ? [] : this.#byUuid.all(match, ...range);
    const others = this.#byUuidScan.all(match === null ? 0 : this.counter('searchTo'), ...range);
    return [...indexed, ...others].slice(0, limit).map(([id, uuid]) => ({ id: id as TaskId, uuid }));
  }

  /** How much there is of something, over all tasks. */
  counter(name: Counter): number {
    return this.#counter.get(name)?.[0] ?? 0;
  }

  /**
   * The tasks that have ended, the last first.
   * @param before only those that ended before that event.
   */
  *ended({
    states,
    before = Number.MAX_SAFE_INTEGER,
    forgotten,
  }: {
    states: readonly EndedState[];
    before?: number;
    forgotten: boolean;
  }): Generator<TaskId, void, void> {
    const heads = states.map((state) => this.#endedIn(state, { before }));
    const next = heads.map((head) => head.next());
    for (;;) {
      let last = -1;
      next.forEach((row, index) => {
        if (row.done === true) return;
        const best = last < 0 ? undefined : next[last];
        if (best === undefined || best.done === true || row.value.seq > best.value.seq) last = index;
      });
      const row = next[last];
      const head = heads[last];
      if (row === undefined || row.done === true || head === undefined) return;
      if (forgotten || !row.value.hidden) yield row.value.id;
      next[last] = head.next();
    }
  }

  /**
   * The numbers of the tasks after one, ascending, in steps: those that are in one of some states and not hidden; or
   * with `seq`, those that may have been so after that event.
   */
  *numbered({
    after,
    wanted,
    seq,
  }: {
    after: number;
    wanted: readonly TaskState[];
    seq: number | null;
  }): Generator<readonly TaskId[], void, void> {
    for (let last = after; ;) {
      const rows = this.#numbered.all(last, rowsAtOnce);
      const next = rows.at(-1);
      if (next === undefined) return;
      [last] = next;
      yield rows
        .filter(([, state, hidden, submittedSeq, endedSeq]) =>
          seq === null
            ? hidden === 0 && wanted.includes(state)
            : submittedSeq <= seq && wanted.includes(endedSeq === null || endedSeq > seq ? 'running' : state),
        )
        .map(([id]) => id as TaskId);
    }
  }

  /** The tasks whose output is complete and not all gone, those that ended first first, with what it takes on the disk. */
  *withOutput(): Generator<
    { readonly id: TaskId; readonly bytes: number; readonly endedAt: Microseconds },
    void,
    void
  > {
    for (let after = 0; ;) {
      const rows = this.#outputs.all(after, rowsAtOnce);
      for (const [, id, bytes, endedAt] of rows) yield { id: id as TaskId, bytes, endedAt };
      const last = rows.at(-1);
      if (last === undefined) return;
      [after] = last;
    }
  }

  /** The tasks whose complete output takes more than so many bytes. */
  *withOutputOver(bytes: number): Generator<TaskId, void, void> {
    if (bytes >= largeOutputBytes) for (const [id] of this.#large.all(bytes)) yield id as TaskId;
    else for (const output of this.withOutput()) if (output.bytes > bytes) yield output.id;
  }

  /** The tasks of whose complete output some is still to be compressed, and the one that was compressed last. */
  unsealed(): readonly TaskId[] {
    const last = this.counter('lastSealed');
    const ids = this.#unsealed.all().map(([id]) => id as TaskId);
    return last === 0 || ids.includes(last as TaskId) ? ids : [...ids, last as TaskId];
  }

  *#endedIn(
    state: EndedState,
    { before }: { before: number },
  ): Generator<{ readonly seq: number; readonly id: TaskId; readonly hidden: boolean }, void, void> {
    let from = before;
    // Mostly it is a few that are wanted.
    for (let limit = 32; ; limit = rowsAtOnce) {
      const rows = this.#ended.all(state, from, limit);
      for (const [seq, id, hidden] of rows) yield { seq, id: id as TaskId, hidden: hidden === 1 };
      const last = rows.at(-1);
      if (last === undefined) return;
      [from] = last;
    }
  }

  #one(row: readonly [number] | undefined): Task | undefined {
    return row === undefined ? undefined : this.get(row[0] as TaskId);
  }
}
