import type { CommandContext } from './command.ts';

/** How often the line is drawn. */
const drawnEveryMs = 100;

/** How much of how much. */
export function partOf(done: number, total: number): string {
  return `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`;
}

/** One line on a terminal that says how far long work has come, and is gone at the end. Elsewhere it is not drawn. */
export class ProgressLine implements AsyncDisposable {
  readonly #context: Pick<CommandContext, 'stderr' | 'now'>;
  #drawnAt: number;
  #drawn = false;

  constructor(context: Pick<CommandContext, 'stderr' | 'now'>) {
    this.#context = context;
    this.#drawnAt = context.now();
  }

  /** Cheap where it was drawn a moment ago. */
  async draw(text: () => string): Promise<void> {
    const { stderr, now } = this.#context;
    if (!stderr.isTerminal || now() - this.#drawnAt < drawnEveryMs) return;
    this.#drawnAt = now();
    this.#drawn = true;
    // To the line's beginning, and what is behind it erased (console_codes(4)).
    await stderr.write(`\r${text()}\u001b[K`);
  }

  /** Before something else is written. */
  async clear(): Promise<void> {
    if (this.#drawn) await this.#context.stderr.write('\r\u001b[K');
    this.#drawn = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
  }
}
