import type { Subscription } from 'rxjs';

import type { TaskId } from '../journal/events.ts';
import { events$ } from '../projections/project.ts';
import type { Task } from '../projections/task.ts';
import { type StopContext, stopTask } from './stop.ts';
import type { SupervisionContext } from './supervision-context.ts';

/** What a task that ran out of its time is given before SIGKILL. */
export const timeoutGraceMs = 10_000;

export type DeadlineContext = StopContext & Pick<SupervisionContext, 'journal' | 'clock' | 'log' | 'self'>;

/**
 * Keeps the two promises that have a time: SIGKILL when the grace of a stop has run out, and the stop of a task whose
 * `--timeout` has. Both are read from the task table, so that they hold through a restart of the daemon.
 */
export class Deadlines implements Disposable {
  readonly #timers = new Map<TaskId, readonly NodeJS.Timeout[]>();
  readonly #subscription: Subscription;
  readonly #closing = new AbortController();
  readonly #context: DeadlineContext;

  constructor(context: DeadlineContext) {
    this.#context = context;
    const { seq, active, owed } = context.table.current;
    for (const id of new Set([...active, ...owed])) this.#look(id);
    // The table subscribed before, so that it has folded a batch when this one gets it.
    this.#subscription = events$(context.journal, { after: seq }).subscribe((batch) => {
      for (const { task } of batch) if (task !== null) this.#look(task);
    });
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#subscription.unsubscribe();
    for (const id of this.#timers.keys()) this.#clear(id);
  }

  #look(id: TaskId): void {
    this.#clear(id);
    const task = this.#context.table.get(id);
    if (task === undefined) return;
    const timers: NodeJS.Timeout[] = [];
    const { stop, status, timeoutMs } = task;
    if (stop !== null) {
      timers.push(
        this.#at((stop.requestedAt - this.#context.clock()) / 1000 + stop.graceMs, stop.graceMs, () =>
          this.#kill(task, stop.requestId),
        ),
      );
    } else if (status.kind === 'running' && timeoutMs !== null) {
      timers.push(
        this.#at((status.startedAt - this.#context.clock()) / 1000 + timeoutMs, timeoutMs, () => this.#timeOut(task)),
      );
    }
    if (timers.length > 0) this.#timers.set(id, timers);
  }

  /** A clock that was set back must not make a wait longer than it was meant to be. */
  #at(remainingMs: number, mostMs: number, act: () => Promise<unknown>): NodeJS.Timeout {
    const timer = setTimeout(
      () => {
        act().catch((error: unknown) => {
          if (this.#closing.signal.aborted) return;
          this.#context.log.error('a deadline could not be kept', { error: String(error) });
        });
      },
      Math.min(Math.max(0, remainingMs), mostMs),
    );
    return timer.unref();
  }

  async #kill(task: Task, requestId: string): Promise<void> {
    const order = { requestId, signal: 'SIGKILL', reason: 'grace-ran-out', graceMs: null } as const;
    await this.#context.signaller.send(this.#context.table.get(task.id) ?? task, order, { actor: this.#context.self });
  }

  async #timeOut(task: Task): Promise<void> {
    await stopTask(this.#context, task, {
      requestId: `timeout:${task.id}`,
      graceMs: timeoutGraceMs,
      reason: 'timeout',
      actor: this.#context.self,
      signal: this.#closing.signal,
      again: false,
    });
  }

  #clear(id: TaskId): void {
    for (const timer of this.#timers.get(id) ?? []) clearTimeout(timer);
    this.#timers.delete(id);
  }
}
