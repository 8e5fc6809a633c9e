import type { Paths } from '../paths.ts';
import { type StartProgress, readStartProgress } from '../start-progress.ts';
import { Stopwatch } from './stopwatch.ts';

/** Told what the daemon that is waited for is busy with, each time that it has come further. */
export type OnStartProgress = (progress: StartProgress) => void;

/** How long somebody waits for a daemon that is starting: the clock begins anew with each step that it makes. */
export class Patience {
  readonly #paths: Paths;
  readonly #limitMs: number;
  readonly #onProgress: OnStartProgress;
  #waited = new Stopwatch();
  #last = '';

  constructor(paths: Paths, { limitMs, onProgress }: { limitMs: number; onProgress: OnStartProgress }) {
    this.#paths = paths;
    this.#limitMs = limitMs;
    this.#onProgress = onProgress;
  }

  /** Looks whether the daemon has come further. To be asked now and then. */
  get isOver(): boolean {
    const progress = readStartProgress(this.#paths);
    const text = JSON.stringify(progress);
    if (progress !== null && text !== this.#last) {
      this.#last = text;
      this.#waited = new Stopwatch();
      this.#onProgress(progress);
    }
    return this.#waited.elapsedMs > this.#limitMs;
  }
}
