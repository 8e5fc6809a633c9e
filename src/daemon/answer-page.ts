import { setImmediate } from 'node:timers/promises';

import type { TaskView } from '../projections/task-view.ts';
import { pageBytesMax } from '../protocol/limits.ts';

/** Tasks as they go into one answer: so many at the most, and never so large that it does not fit into a frame. */
export class AnswerPage {
  readonly tasks: TaskView[] = [];
  readonly #tasksMax: number;
  #bytes = 0;

  constructor({ tasksMax }: { readonly tasksMax: number }) {
    this.#tasksMax = tasksMax;
  }

  /** @returns whether the task is in it; one that is not belongs into the next page. The first always is. */
  add(view: TaskView): boolean {
    if (this.tasks.length >= this.#tasksMax) return false;
    const bytes = sizeOf(view);
    if (this.tasks.length > 0 && this.#bytes + bytes > pageBytesMax) return false;
    this.#bytes += bytes;
    this.tasks.push(view);
    return true;
  }
}

/** About what something takes in a message, in bytes: as JSON it takes a little more. */
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Work that is done in steps, with everybody else's turn between two of them. */
export async function* takeTurns<T>(
  steps: Iterable<T>,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<T, void, void> {
  for (const step of steps) {
    signal.throwIfAborted();
    yield step;
    await setImmediate();
  }
}

/** The same of work that gives something at its end alone. */
export async function inTurns<T>(
  steps: Generator<unknown, T, void>,
  { signal }: { readonly signal: AbortSignal },
): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await setImmediate();
    signal.throwIfAborted();
  }
}
