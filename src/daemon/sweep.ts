import type { TaskId } from '../journal/events.ts';
import type { DaemonLog } from './daemon-log.ts';

/** How often each task is looked after. */
const sweepMs = 5_000;
/** So many tasks are looked after in one turn of the event loop: each is some reads of small files. */
const tasksPerTurn = 32;

/** What is looked after: a supervision. */
interface Swept {
  readonly id: TaskId;
  sweep(): void;
}

/**
 * Looks after every task again and again, a few at a time, so that a thousand of them keep no request waiting. Where
 * there is no task it sleeps: an idle daemon has nothing to wake up for.
 */
export class Sweep implements Disposable {
  readonly #tasks: ReadonlyMap<TaskId, Swept>;
  readonly #log: DaemonLog;
  #timer: NodeJS.Timeout | null = null;
  #turn: NodeJS.Immediate | null = null;

  constructor(tasks: ReadonlyMap<TaskId, Swept>, { log }: { log: DaemonLog }) {
    this.#tasks = tasks;
    this.#log = log;
  }

  /** There is a task now. */
  begin(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#takeTurns([...this.#tasks.values()]);
    }, sweepMs).unref();
  }

  /** Looks after all of them at once, now. */
  now(): void {
    for (const task of this.#tasks.values()) this.#look(task);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#timer = null;
    this.#turn = null;
  }

  #takeTurns(left: Swept[]): void {
    // One that has ended meanwhile takes it calmly.
    for (const task of left.splice(0, tasksPerTurn)) this.#look(task);
    this.#turn = null;
    if (left.length > 0) {
      this.#turn = setImmediate(() => {
        this.#takeTurns(left);
      });
    } else if (this.#tasks.size > 0) this.begin();
  }

  #look(task: Swept): void {
    try {
      task.sweep();
    } catch (error) {
      // No descriptor left, say: the next sweep looks again.
      this.#log.error('a task could not be looked after', { task: task.id, error: String(error) });
    }
  }
}
