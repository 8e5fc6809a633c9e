import { join } from 'node:path';

import type { GhostHome } from './ghost-home.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { root } from './source-files.ts';
import { until } from './until.ts';

/** A real terminal (tmux's) with a shell in it, in the environment of a test's home, where `ghost` is the one built here. */
export class Terminal implements AsyncDisposable {
  readonly #home: GhostHome;
  readonly #socket: string;

  private constructor(home: GhostHome) {
    this.#home = home;
    this.#socket = join(home.work, 'tmux');
  }

  /** Opens one, with a prompt of `$`. */
  static async open(
    home: GhostHome,
    { columns = 80, rows = 24 }: { readonly columns?: number; readonly rows?: number } = {},
  ): Promise<Terminal> {
    const terminal = new Terminal(home);
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = "PS1='$ ' exec bash --norc --noprofile";
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, shell);
    await until('a prompt', async () => (await terminal.screen()).includes('$'));
    await terminal.type(`ghost() { ${process.execPath} ${join(root, 'bin', 'ghost.cjs')} "$@"; }; clear`);
    return terminal;
  }

  /** Types a line and the return key. */
  async type(line: string): Promise<void> {
    await this.#tmux('send-keys', '-l', line);
    await this.press('Enter');
  }

  /** Presses keys, by tmux's names: `q`, `Space`, `C-c`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  /** What is to be seen now, without empty lines at the end. */
  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).stdout.trimEnd();
  }

  /** Waits until something is to be seen, and gives the whole screen. */
  async shows(what: string | RegExp): Promise<string> {
    return await until(`the terminal shows ${String(what)}`, async () => {
      const screen = await this.screen();
      return (typeof what === 'string' ? screen.includes(what) : what.test(screen)) ? screen : null;
    });
  }

  /** The process of the shell. */
  async shellPid(): Promise<number> {
    return Number((await this.#tmux('display-message', '-p', '#{pane_pid}')).stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server');
  }

  async #tmux(...words: readonly string[]): Promise<ProgramResult> {
    const { env, work } = this.#home;
    const result = await runProgram(['tmux', '-S', this.#socket, ...words], { env, cwd: work });
    if (result.status !== 0) throw new Error(`tmux ${words.join(' ')}: ${result.stderr}`);
    return result;
  }
}
