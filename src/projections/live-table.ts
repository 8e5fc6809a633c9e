import {
  type Observable,
  Subject,
  distinctUntilChanged,
  filter,
  firstValueFrom,
  map,
  startWith,
  takeUntil,
} from 'rxjs';

import type { TaskId } from '../journal/events.ts';
import { type LiveTasks, evolveLiveTasks, liveTasksOf, replaceLiveTasks } from './live-tasks.ts';
import { type EventSource, project } from './project.ts';
import type { Task } from './task.ts';

/** Every task, as the read model keeps them: what is not live costs no memory. */
export interface TaskArchive {
  /** The live tasks, and the last event that is in them. */
  live(): { readonly seq: number; readonly tasks: readonly Task[] };
  /** A task as it is after all that is committed. */
  get(id: TaskId): Task | undefined;
}

/** The live tasks kept up to date with the journal, and the means to wait for a change in any task. */
export class LiveTable implements Disposable {
  readonly #closed$ = new Subject<void>();
  readonly #archive: TaskArchive;
  /** The live tasks after each batch of events. */
  readonly table$: Observable<LiveTasks>;
  #current: LiveTasks;

  /**
   * Begins where the archive is, and folds on from there.
   * @throws what the source throws for that: from half of it nothing may be concluded.
   */
  constructor(source: EventSource, archive: TaskArchive) {
    this.#archive = archive;
    const start = liveTasksOf(archive.live());
    this.#current = start;
    this.table$ = project(source, {
      after: start.seq,
      initialState: () => start,
      evolve: (live, event) => evolveLiveTasks(live, event, { find: (id) => archive.get(id) }),
    }).pipe(takeUntil(this.#closed$));
    const failures: unknown[] = [];
    let inPast = true;
    this.table$.subscribe({
      next: (live) => {
        this.#current = live;
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

  /** The live tasks after everything that is committed. */
  get current(): LiveTasks {
    return this.#current;
  }

  /** Begins anew where the archive is, after that was put right. */
  reload(): void {
    replaceLiveTasks(this.#current, this.#archive.live());
  }

  /** The task with that number, live or not, or undefined. */
  get(id: TaskId): Task | undefined {
    return this.#current.tasks.get(id) ?? this.#archive.get(id);
  }

  /** The task now and after each change. */
  task$(id: TaskId): Observable<Task> {
    return this.table$.pipe(
      startWith(null),
      map(() => this.get(id)),
      filter((task) => task !== undefined),
      // One from the archive is another object each time.
      distinctUntilChanged((one, other) => one.changedBy === other.changedBy),
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
