import type { Database } from '../journal/database.ts';
import type { Microseconds, TaskId } from '../journal/events.ts';
import type { TaskFilter } from './task-filter.ts';
import { searchTasks } from './task-search.ts';
import type { TaskStore } from './task-store.ts';

/** Asks the whole past which tasks fit a filter. */
export class TaskHistory {
  readonly #database: Database;
  readonly #store: TaskStore;

  constructor(database: Database, store: TaskStore) {
    this.#database = database;
    this.#store = store;
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
