import { startProgressText } from '../start-progress.ts';
import type { OnStartProgress } from './patience.ts';

/** Where a person reads what goes on: standard error. */
export interface Told {
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
}

/**
 * Tells a person why the daemon takes its time: on a terminal in one line that counts and is gone at the end, else in one
 * line for each thing that it is busy with.
 */
export class StartTeller implements Disposable {
  readonly #told: Told;
  #step = '';
  #drawn = false;

  constructor(told: Told) {
    this.#told = told;
  }

  readonly onProgress: OnStartProgress = (progress) => {
    const line = `ghost: ${startProgressText(progress)}`;
    if (this.#told.isTerminal) {
      this.#drawn = true;
      this.#told.write(`\r${line}\u001b[K`);
    } else if (progress.step !== this.#step) {
      this.#step = progress.step;
      this.#told.write(`${line}\n`);
    }
  };

  [Symbol.dispose](): void {
    if (this.#drawn) this.#told.write('\r\u001b[K');
    this.#drawn = false;
  }
}
