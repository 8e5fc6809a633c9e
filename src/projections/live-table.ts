import { type Observable, Subject, distinctUntilChanged, filter, firstValueFrom, map, takeUntil } from 'rxjs';

import type { TaskId } from '../journal/events.ts';
import { type EventSource, project } from './project.ts';
import { type TaskTable, evolveTable, initialTable } from './task-table.ts';
import type { Task } from './task.ts';

/** The task table kept up to date with the journal, and the means to wait for a change in it. */
export class LiveTable implements Disposable {
  readonly #closed$ = new Subject<void>();
  readonly table$: Observable<TaskTable>;
  #current: TaskTable = initialTable();

  /**
   * Folds the whole past before it returns.
   * @throws what the source throws for it: from half of the past nothing may be concluded.
   */
  constructor(source: EventSource) {
    this.table$ = project(source, { initialState: initialTable, evolve: evolveTable }).pipe(takeUntil(this.#closed$));
    const failures: unknown[] = [];
    let inPast = true;
    this.table$.subscribe({
      next: (table) => {
        this.#current = table;
      },
      error: (error: unknown) => {
        // Later ones have nobody to go to: rxjs throws them where no handler is, and the daemon ends.
        if (!inPast) throw error;
        failures.push(error);
      },
    });
    inPast = false;
    if (failures.length > 0) throw failures[0];
  }

  /** The table after everything that is committed. */
  get current(): TaskTable {
    return this.#current;
  }

  /** The task with that number, or undefined. */
  get(id: TaskId): Task | undefined {
    return this.#current.tasks.get(id);
  }

  /** The task now and after each change. */
  task$(id: TaskId): Observable<Task> {
    return this.table$.pipe(
      map(({ tasks }) => tasks.get(id)),
      filter((task) => task !== undefined),
      distinctUntilChanged(),
    );
  }

  /**
   * The task as soon as something is true of it.
   * @throws the signal's reason when that is aborted first, and rxjs' EmptyError when the table is disposed of.
   */
  async until(id: TaskId, holds: (task: Task) => boolean, { signal }: { signal?: AbortSignal } = {}): Promise<Task> {
    signal?.throwIfAborted();
    const wanted$ = this.task$(id).pipe(filter(holds));
    if (signal === undefined) return firstValueFrom(wanted$);
    const aborted$ = new Subject<never>();
    const abort = (): void => {
      aborted$.error(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await firstValueFrom(wanted$.pipe(takeUntil(aborted$)));
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  [Symbol.dispose](): void {
    this.#closed$.next();
    this.#closed$.complete();
  }
}
