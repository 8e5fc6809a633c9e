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
    const bytes = messageBytes(view);
    if (this.tasks.length > 0 && this.#bytes + bytes > pageBytesMax) return false;
    this.#bytes += bytes;
    this.tasks.push(view);
    return true;
  }
}

/** About what something takes in a message, in bytes: as JSON it takes a little more. */
export function messageBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
