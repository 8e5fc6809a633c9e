import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work on very many rows may hold the event loop at once. */
const sliceMs = 5;

/** How long a piece of synchronous work has lasted, and whether it is to leave the loop to others for a turn. */
export class LoopSlice {
  #begunAt = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#begunAt >= sliceMs;
  }

  /** The share of a slice that has gone by: 1 is a whole one. */
  get share(): number {
    return (performance.now() - this.#begunAt) / sliceMs;
  }

  /** Lets everything else have its turn, and begins anew. @throws the signal's reason when nobody wants the work any more. */
  async breathe(signal?: AbortSignal): Promise<void> {
    await nextTurn();
    signal?.throwIfAborted();
    this.#begunAt = performance.now();
  }
}
