import { type Mark, MarkFile } from '../journal/mark-file.ts';
import type { DaemonLog } from './daemon-log.ts';

/** Keeps the mark of a journal (mark-file.ts) for as long as there is a daemon. */
export class JournalMark implements Disposable {
  readonly #path: string;
  readonly #log: DaemonLog;
  #file: MarkFile | null = null;
  #failed = false;

  constructor({ path, log }: { path: string; log: DaemonLog }) {
    this.#path = path;
    this.#log = log;
  }

  /** Without a mark everything works: what is missing is then seen by what else there is of it. Said once. */
  readonly write = (mark: Mark): void => {
    try {
      this.#file ??= new MarkFile(this.#path);
      this.#file.write(mark);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#log.warn('how far the journal is cannot be noted beside it', { error: String(error) });
      this.#failed = true;
    }
  };

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = null;
  }
}
