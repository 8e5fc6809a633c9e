import type { TaskFinder } from '../../src/daemon/find-task.ts';
import type { JournalEvent, TaskId } from '../../src/journal/events.ts';
import type { TaskArchive } from '../../src/projections/live-table.ts';
import type { Task } from '../../src/projections/task.ts';
import { type WholeTable, evolveTable, initialTable } from './whole-table.ts';

/** Every task, folded in memory at each look: what the read model gives, without a database. */
export class MemoryArchive implements TaskArchive, TaskFinder {
  readonly #events: () => readonly JournalEvent[];

  constructor(events: () => readonly JournalEvent[]) {
    this.#events = events;
  }

  get table(): WholeTable {
    return this.#events().reduce(evolveTable, initialTable());
  }

  /** None, so that who folds on from here folds everything. */
  live(): { readonly seq: number; readonly tasks: readonly Task[] } {
    return { seq: 0, tasks: [] };
  }

  get(id: TaskId): Task | undefined {
    return this.table.tasks.get(id);
  }

  newest(): Task | undefined {
    return this.#newest(() => true);
  }

  newestNamed(name: string): Task | undefined {
    return this.#newest((task) => task.name === name);
  }

  withUuidPrefix(
    prefix: string,
    { limit }: { limit: number },
  ): readonly { readonly id: TaskId; readonly uuid: string }[] {
    return [...this.table.tasks.values()]
      .filter(({ uuid }) => uuid.startsWith(prefix))
      .toSorted((one, other) => (one.uuid < other.uuid ? -1 : 1))
      .slice(0, limit);
  }

  #newest(holds: (task: Task) => boolean): Task | undefined {
    return [...this.table.tasks.values()]
      .filter((task) => task.forgottenAt === null && holds(task))
      .toSorted((one, other) => other.id - one.id)[0];
  }
}
