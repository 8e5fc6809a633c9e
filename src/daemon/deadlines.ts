import type { Subscription } from 'rxjs';

import type { TaskId } from '../journal/events.ts';
import { events$ } from '../projections/project.ts';
import type { RunningStatus, Task } from '../projections/task.ts';
import { retryMs } from './retries.ts';
import { type StopContext, stopTask } from './stop.ts';
import type { SupervisionContext } from './supervision-context.ts';

/** What a task that ran out of its time is given before SIGKILL. */
const timeoutGraceMs = 10_000;

type DeadlineContext = StopContext & Pick<SupervisionContext, 'journal' | 'clock' | 'processes' | 'log' | 'self'>;

/**
 * Keeps the two promises that have a time: SIGKILL when the grace of a stop has run out, and the stop of a task whose
 * `--timeout` has. Both are read from the task table, so that they hold through a restart of the daemon.
 *
 * When a promise is first seen, it is counted on from there by the clock that nobody sets: a task is not ended for the
 * sake of somebody who sets the time of day.
 */
export class Deadlines implements Disposable {
  readonly #promises = new Map<TaskId, KeptPromise>();
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
    for (const id of this.#promises.keys()) this.#forget(id);
  }

  #look(id: TaskId): void {
    try {
      this.#keepInMind(id);
    } catch (error) {
      // No descriptor left, say. What is thrown at a subscription ends the daemon.
      this.#context.log.error('a deadline could not be looked at; it is tried again', {
        task: id,
        error: String(error),
      });
      this.#forget(id);
      const timer = setTimeout(() => this.#look(id), retryMs);
      this.#promises.set(id, { name: 'to be looked at', timer: timer.unref() });
    }
  }

  #keepInMind(id: TaskId): void {
    const task = this.#context.table.get(id);
    const promised = task === undefined ? null : this.#promiseOf(task);
    if (promised?.name === this.#promises.get(id)?.name) return;
    this.#forget(id);
    if (promised === null) return;
    this.#arm(id, promised, promised.remainingMs());
  }

  #arm(id: TaskId, promised: TaskPromise, ms: number): void {
    const { name, keep } = promised;
    const timer = setTimeout(() => {
      keep().catch((error: unknown) => {
        // Kept by somebody else meanwhile, or to be kept by the next daemon.
        if (this.#closing.signal.aborted || this.#promises.get(id)?.name !== name) return;
        this.#context.log.error('a deadline could not be kept; it is tried again', { task: id, error: String(error) });
        this.#arm(id, promised, retryMs);
      });
    }, ms);
    this.#promises.set(id, { name, timer: timer.unref() });
  }

  /** What is promised about a task now, and by when as far as can be told without having seen it begin. */
  #promiseOf(task: Task): TaskPromise | null {
    const { stop, status, timeoutMs } = task;
    if (stop !== null) {
      const { requestId, requestedAt, graceMs } = stop;
      return {
        name: `stop:${requestId}`,
        // A clock that was set back must not make a wait longer than it was meant to be.
        remainingMs: () => within((requestedAt - this.#context.clock()) / 1000 + graceMs, graceMs),
        keep: () => this.#kill(task, requestId),
      };
    }
    if (status.kind !== 'running' || timeoutMs === null) return null;
    return {
      name: `timeout:${timeoutMs}`,
      remainingMs: () => within(timeoutMs - this.#ageMs(status), timeoutMs),
      keep: () => this.#timeOut(task),
    };
  }

  #ageMs({ identity }: RunningStatus): number {
    return this.#context.processes.ageMs(identity);
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

  #forget(id: TaskId): void {
    clearTimeout(this.#promises.get(id)?.timer);
    this.#promises.delete(id);
  }
}

interface TaskPromise {
  /** Of the same name is the same promise. */
  readonly name: string;
  readonly remainingMs: () => number;
  readonly keep: () => Promise<void>;
}

interface KeptPromise {
  readonly name: string;
  readonly timer: NodeJS.Timeout;
}

function within(remainingMs: number, mostMs: number): number {
  return Math.min(Math.max(0, remainingMs), mostMs);
}
