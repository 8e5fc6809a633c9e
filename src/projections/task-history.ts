import type { Database, Statement } from '../journal/database.ts';
import type { Microseconds, TaskId } from '../journal/events.ts';
import type { CommandRun } from './command-statistics.ts';
import type { TaskFilter } from './task-filter.ts';
import { searchTasks } from './task-search.ts';
import type { TaskStore } from './task-store.ts';
import type { TaskState } from './task-view.ts';

type RunRow = [id: number, command: string, state: TaskState, durationMs: number | null];

/** Rows that nobody wants are read along with others where there are at most so many numbers from one to the next. */
const gapMax = 4;

/** Asks the whole past which tasks fit a filter. */
export class TaskHistory {
  readonly #database: Database;
  readonly #store: TaskStore;
  readonly #runs: Statement<[from: number, to: number], RunRow>;

  constructor(database: Database, store: TaskStore) {
    this.#database = database;
    this.#store = store;
    this.#runs = database
      .prepare<[number, number], RunRow>(
        'SELECT id, command, state, duration_ms FROM tasks WHERE id BETWEEN ? AND ? ORDER BY id DESC',
      )
      .raw();
  }

  /** What is counted of some tasks, the newest first as they are given. */
  *runs(ids: readonly TaskId[]): Generator<CommandRun, void, void> {
    for (let from = 0; from < ids.length;) {
      // Read together where they lie close together: one by one it takes three times as long.
      let to = from;
      while (to + 1 < ids.length && (ids[to] ?? 0) - (ids[to + 1] ?? 0) <= gapMax) to += 1;
      for (const [id, command, state, durationMs] of this.#runs.all(ids[to] ?? 0, ids[from] ?? 0)) {
        if (id !== ids[from]) continue;
        from += 1;
        yield { id: id as TaskId, command, failed: state !== 'running' && state !== 'exited', durationMs };
      }
      from = to + 1;
    }
  }

  /**
   * The numbers of the tasks that a filter fits and that are below one, the newest first. In steps of a few milliseconds:
   * each gives what it found, often nothing.
   */
  find(
    filter: TaskFilter,
    { before, now }: { before: number; now: Microseconds },
  ): Generator<readonly TaskId[], void, void> {
    return searchTasks(this.#database, filter, { before, now, searchTo: this.#store.counter('searchTo') });
  }
}
