import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './until.ts';

/** A real shell in a real terminal, typed into as a person does: tmux with a server of its own. */
export class ShellTerminal implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tmux-'));
  readonly #socket = join(this.#folder, 's');

  constructor(command: string, { env, cwd }: { env: NodeJS.ProcessEnv; cwd: string }) {
    this.#tmux(['new-session', '-d', '-x', '120', '-y', '40', '-c', cwd, command], env);
  }

  /** Types text as it is; `Tab`, `Enter`, `C-c` and the like go through `press`. */
  type(text: string): void {
    this.#tmux(['send-keys', '-l', text]);
  }

  press(key: string): void {
    this.#tmux(['send-keys', key]);
  }

  /** What stands on the screen, without the empty rest. */
  get screen(): string {
    return this.#tmux(['capture-pane', '-p']).trimEnd();
  }

  /** Waits until the screen is so. */
  async shows(what: string | RegExp): Promise<string> {
    try {
      return await until(`the terminal shows ${String(what)}`, () => {
        const { screen } = this;
        return (typeof what === 'string' ? screen.includes(what) : what.test(screen)) ? screen : null;
      });
    } catch (error) {
      throw new Error(`the terminal shows no ${String(what)}, but:\n${this.screen}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    this.#tmux(['kill-server']);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #tmux(args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
    return execFileSync('tmux', ['-S', this.#socket, '-f', '/dev/null', ...args], { env, encoding: 'utf8' });
  }
}
