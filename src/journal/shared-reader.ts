import { JournalReader } from './journal-reader.ts';

/**
 * One reader for all who read beside the writer at the same time, open as long as one of them reads. Each of a thousand
 * readers would hold descriptors of its own, and SQLite gives those back only when the writer closes its own, since
 * closing a file drops every lock that the process has on it (fcntl(2)).
 */
export class SharedReader {
  readonly #pathOf: () => string;
  #reader: JournalReader | null = null;
  #users = 0;

  constructor(pathOf: () => string) {
    this.#pathOf = pathOf;
  }

  /** @throws GhostError `journal-unusable`. */
  borrow(): Borrowed {
    this.#reader ??= new JournalReader(this.#pathOf());
    this.#users += 1;
    return { reader: this.#reader, [Symbol.dispose]: () => this.#giveBack() };
  }

  #giveBack(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#reader?.[Symbol.dispose]();
    this.#reader = null;
  }
}

interface Borrowed extends Disposable {
  readonly reader: JournalReader;
}
