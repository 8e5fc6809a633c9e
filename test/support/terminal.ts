import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { GhostHome } from './ghost-home.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** What the rig calls the keys that the screen names otherwise. */
const tmuxNames: Readonly<Record<string, string>> = {
  up: 'Up',
  down: 'Down',
  left: 'Left',
  right: 'Right',
  pageup: 'PageUp',
  pagedown: 'PageDown',
  home: 'Home',
  end: 'End',
  enter: 'Enter',
  esc: 'Escape',
  tab: 'Tab',
  'shift-tab': 'BTab',
  space: 'Space',
  backspace: 'BSpace',
  'ctrl-c': 'C-c',
  'ctrl-l': 'C-l',
  'ctrl-u': 'C-u',
  'ctrl-z': 'C-z',
  ';': '\\;',
};

interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** Besides the home's. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Left out: a bash in which `ghost` is the command line of the home. */
  readonly shell?: string;
}

/** A real terminal (tmux, with a server of its own) with a shell in it, typed into as a person does. */
export class TestTerminal implements AsyncDisposable {
  /** Every key that was pressed, as the screen names it. */
  readonly pressed = new Set<string>();
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(socket: string, env: NodeJS.ProcessEnv) {
    this.#socket = socket;
    this.#env = env;
  }

  /** Opens one in a home, which has no other at the time. Settles when the shell has shown its prompt. */
  static async open(
    home: GhostHome,
    { columns = 120, rows = 40, env = {}, cwd = home.work, shell = bashOf(home) }: TerminalOptions = {},
  ): Promise<TestTerminal> {
    const whole = { ...home.env, TERM: 'xterm-256color', ...env };
    const terminal = new TestTerminal(join(home.work, 'tmux'), whole);
    const size = ['-x', String(columns), '-y', String(rows)];
    await terminal.tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, shell);
    await terminal.sees(/[$#%>] *$/m);
    return terminal;
  }

  /** Types a text, letter by letter. */
  async type(text: string): Promise<void> {
    await this.tmux('send-keys', '-l', text);
  }

  /** Presses keys, as the screen names them. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) this.pressed.add(key);
    await this.tmux('send-keys', ...keys.map((key) => tmuxNames[key] ?? key));
  }

  /** Presses Esc and waits for what that ends: with a key that follows at once it would be Alt with that key. */
  async leave(what: string): Promise<void> {
    await this.press('esc');
    await this.misses(what);
  }

  /** Types a command line and runs it. */
  async command(line: string): Promise<void> {
    await this.type(line);
    await this.tmux('send-keys', 'Enter');
  }

  /** What is seen now; with `looks` also its colours. */
  async screen({ looks = false }: { readonly looks?: boolean } = {}): Promise<string> {
    return await this.tmux('capture-pane', '-p', ...(looks ? ['-e'] : []));
  }

  /** Waits until something is seen, and gives the whole screen. */
  async sees(wanted: string | RegExp): Promise<string> {
    let last = '';
    const isThere = (text: string): boolean => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text));
    return await until(`the terminal shows ${String(wanted)}`, async () => {
      last = await this.screen();
      return isThere(last) ? last : null;
    }).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; it shows:\n${last}`);
    });
  }

  /** Waits until something is no longer seen. */
  async misses(unwanted: string | RegExp): Promise<string> {
    return await until(`the terminal no longer shows ${String(unwanted)}`, async () => {
      const text = await this.screen();
      return (typeof unwanted === 'string' ? text.includes(unwanted) : unwanted.test(text)) ? null : text;
    });
  }

  /** Waits until a program takes each key as it comes (raw mode, termios(3)), and the terminal shows none by itself. */
  async hasKeysTaken(): Promise<void> {
    const device = await this.fact('pane_tty');
    await until('the keys are taken', async () => {
      const { stdout } = await run('stty', ['--all', '--file', device]);
      return / -icanon /.test(stdout) && / -echo /.test(stdout);
    });
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** A word of tmux's about the terminal, such as `alternate_on`. */
  async fact(name: string): Promise<string> {
    return (await this.tmux('display-message', '-p', `#{${name}}`)).trim();
  }

  /** The process of the screen: the child of the pane's shell. */
  async screenPid(): Promise<number> {
    const shell = await this.fact('pane_pid');
    return await until('the screen runs', async () => {
      const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', shell]);
      return Number(stdout.trim().split(/\s+/)[0]) || null;
    });
  }

  /** The terminal goes away, as when its window is closed. */
  async close(): Promise<void> {
    await this.tmux('kill-server').catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', this.#socket, ...args], { env: this.#env });
    return stdout;
  }
}

function bashOf(home: GhostHome): string {
  return `bash -c 'ghost() { ${home.command.join(' ')} "$@"; }; export -f ghost; exec bash --norc --noprofile -i'`;
}
