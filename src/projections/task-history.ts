import type { Database, Statement } from '../journal/database.ts';
import type { Microseconds, TaskId } from '../journal/events.ts';
import type { Run } from './command-statistics.ts';
import type { TaskFilter } from './task-filter.ts';
import { searchTasks } from './task-search.ts';
import type { TaskStore } from './task-store.ts';
import type { TaskState } from './task-view.ts';

/** Asks the whole past which tasks fit a filter. */
export class TaskHistory {
  readonly #database: Database;
  readonly #store: TaskStore;
  readonly #run: Statement<[id: number], [command: string, state: TaskState, durationMs: number | null]>;

  constructor(database: Database, store: TaskStore) {
    this.#database = database;
    this.#store = store;
    this.#run = database
      .prepare<[number], [string, TaskState, number | null]>(
        'SELECT command, state, duration_ms FROM tasks WHERE id = ?',
      )
      .raw();
  }

  /** What is counted of some tasks, in the order in which they are given. */
  *runs(ids: readonly TaskId[]): Generator<Run, void, void> {
    for (const id of ids) {
      const [command, state, durationMs] = this.#run.get(id) ?? [];
      if (command === undefined || state === undefined) continue;
      const failed = state !== 'running' && state !== 'exited';
      yield { id, command, failed, durationMs: durationMs ?? null };
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
