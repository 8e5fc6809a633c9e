import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import type { Instance, RenderOptions, SuspendTerminal } from 'ink';

import type { ScreenWorld } from './screen-world.ts';

/** So long after a stop that stops nothing, the screen comes back. No time passes for what is stopped. */
const notStoppedMs = 300;

/**
 * The terminal while the screen is on it. Ink takes it (alternate screen, raw keys, hidden cursor) and gives it back at
 * every end that leaves it time to; here is what Ink does not know of: being stopped and continued, a terminal that
 * goes away, a screen that breaks, and what is typed while the process ends.
 */
export class Terminal {
  readonly #stdin: ScreenWorld['stdin'];
  readonly #stdout: ScreenWorld['stdout'];
  #leave: ((error?: Error) => void) | null = null;
  #suspendInk: SuspendTerminal | null = null;
  #suspended = false;
  readonly #stopped = (): void => void this.suspend();

  constructor({ stdin, stdout }: Pick<ScreenWorld, 'stdin' | 'stdout'>) {
    this.#stdin = stdin;
    this.#stdout = stdout;
  }

  /**
   * Shows what is rendered until it is left, and gives the exit status.
   * @throws what broke the screen; the terminal is as it was by then.
   */
  async show(render: (options: RenderOptions) => Instance): Promise<number> {
    const instance = render({
      stdin: this.#stdin,
      stdout: this.#stdout,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      // Ctrl-C is a key like the others: it ends the screen in order.
      exitOnCtrlC: false,
      patchConsole: false,
    });
    const breaks = Promise.withResolvers<never>();
    const broke = (error: unknown): void => {
      breaks.reject(error instanceof Error ? error : new Error(String(error)));
      instance.unmount();
    };
    this.#leave = (): void => instance.unmount();
    const continued = (): void => void this.#continued();
    process.on('uncaughtException', broke);
    process.on('unhandledRejection', broke);
    process.on('SIGCONT', continued);
    process.on('SIGTSTP', this.#stopped);
    // The terminal was hung up: there is nobody to tell, and nothing to restore.
    this.#stdout.on('error', this.#leave);
    this.#stdin.on('error', this.#leave);
    try {
      // What breaks the screen is known before it is left for it.
      await Promise.race([breaks.promise, instance.waitUntilExit()]);
    } finally {
      process.off('SIGCONT', continued);
      process.off('SIGTSTP', this.#stopped);
      process.off('uncaughtException', broke);
      process.off('unhandledRejection', broke);
      // What is typed from now on is the shell's: Ink leaves the stream reading, though nobody listens.
      this.#stdin.destroy();
    }
    return 0;
  }

  /** Leaves the screen. */
  leave(): void {
    this.#leave?.();
  }

  /** Writes what draws nothing, such as a bell. */
  signal(sequence: string): void {
    if (!this.#suspended) this.#stdout.write(sequence);
  }

  /** Ink's own way to hand the terminal over, which only something that is rendered can get at. */
  readonly takeHandOver = (suspend: SuspendTerminal): void => {
    this.#suspendInk = suspend;
  };

  /** Back to the shell that ghost was called from, as Ctrl-Z does it. */
  async suspend(): Promise<void> {
    if (this.#suspended || this.#suspendInk === null) return;
    this.#suspended = true;
    const suspension = await this.#suspendInk();
    // With a listener nothing is stopped; without one the kernel does what it does for every program, and nothing where
    // no shell would ever continue it (an orphaned process group, signal(7)).
    process.off('SIGTSTP', this.#stopped);
    const continued = once(process, 'SIGCONT');
    // The whole group, as the terminal does it, so that the shell sees the launcher stopped as well.
    process.kill(0, 'SIGTSTP');
    await Promise.race([continued, delay(notStoppedMs)]);
    process.on('SIGTSTP', this.#stopped);
    this.#suspended = false;
    await suspension.resume();
  }

  /** Continued after a stop that was not asked for here: the shell has set the terminal its own way meanwhile. */
  async #continued(): Promise<void> {
    if (this.#suspended || this.#suspendInk === null) return;
    const suspension = await this.#suspendInk();
    await suspension.resume();
  }
}
