import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import type { TaskView } from '../../src/projections/task-view.ts';
import { endLeftovers, processesOfRun } from './leftovers.ts';
import { statOf } from './process-stat.ts';
import { root } from './source-files.ts';
import { until } from './until.ts';

export interface GhostResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A row of the journal, its JSON parsed. */
export interface RecordedEvent {
  readonly seq: number;
  /** Microseconds since 1970. */
  readonly at: number;
  readonly type: string;
  readonly task: number | null;
  readonly actor: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}

/** A command of ghost's that is under way. */
export interface UnderWay {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<GhostResult>;
}

/**
 * A data folder of its own with everything that a test does to it: `ghost` is the real command line, the daemon is the
 * real one. Disposing ends the daemon and every process that was started through it, and removes the folder.
 */
export class GhostHome implements AsyncDisposable {
  /** The data folder. */
  readonly path: string;
  /** A folder for the test's own files. */
  readonly work: string;
  /** What ghost is here: what comes before its words. It may change, as it does when another version is installed. */
  command: readonly string[];
  readonly #base: string;
  readonly #run: string;
  readonly #env: NodeJS.ProcessEnv;
  /** The commands that are under way. */
  readonly #begun = new Set<UnderWay>();

  /**
   * @param within the folder that all of it lies in: a small file system, say.
   * @param command what ghost is: left out, the one of this checkout.
   */
  constructor({
    env = {},
    within = tmpdir(),
    command = [process.execPath, join(root, 'bin', 'ghost.cjs')],
  }: { env?: NodeJS.ProcessEnv; within?: string; command?: readonly string[] } = {}) {
    this.command = command;
    this.#base = mkdtempSync(join(within, 'h-'));
    this.path = join(this.#base, 'home');
    this.work = join(this.#base, 'work');
    mkdirSync(this.work);
    const outer = process.env['GHOST_TEST_RUN'] ?? 'alone';
    // One more mark, inside the run's, so that this home's own processes can be told from those of other tests.
    this.#run = this.#base;
    this.#env = {
      ...process.env,
      PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
      GHOST_TEST_RUN: outer,
      GHOST_TEST_HOME: this.#run,
      GHOST_HOME: this.path,
      NO_COLOR: '1',
      ...env,
    };
  }

  /** The environment that commands run in. */
  get env(): NodeJS.ProcessEnv {
    return this.#env;
  }

  /** Runs a command of ghost's to its end. */
  async ghost(args: readonly string[], options: GhostOptions = {}): Promise<GhostResult> {
    return this.begin(args, options).ended;
  }

  /** Runs one that must succeed, and gives what it printed, without the last newline. */
  async ok(args: readonly string[], options: GhostOptions = {}): Promise<string> {
    const result = await this.ghost(args, options);
    if (result.status !== 0) {
      throw new Error(`ghost ${args.join(' ')} ended with ${result.status ?? result.signal}: ${result.stderr}`);
    }
    return result.stdout.replace(/\n$/, '');
  }

  /** Starts a command of ghost's and gives it back while it runs. */
  begin(args: readonly string[], { env = {}, cwd = this.work, input, onStdout }: GhostOptions = {}): UnderWay {
    const [file = '', ...first] = this.command;
    const child = spawn(file, [...first, ...args], {
      cwd,
      env: { ...this.#env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    if (onStdout !== undefined) child.stdout?.on('data', onStdout);
    else child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    if (typeof input === 'string') child.stdin?.end(input);
    const ended = once(child, 'close').then(() => {
      this.#begun.delete(underWay);
      return { status: child.exitCode, signal: child.signalCode, stdout, stderr };
    });
    const underWay: UnderWay = { child, stdout: () => stdout, stderr: () => stderr, ended };
    this.#begun.add(underWay);
    return underWay;
  }

  /** Starts a task and gives its number. */
  async run(args: readonly string[], options: GhostOptions = {}): Promise<number> {
    return Number(await this.ok(['run', ...args], options));
  }

  /** A task as `ghost show --json` has it. */
  async task(id: number | string): Promise<TaskView> {
    const shown = JSON.parse(await this.ok(['show', String(id), '--json'])) as { readonly task?: TaskView } & TaskView;
    return shown.task ?? shown;
  }

  /** Waits until a task has ended, whatever its status, and gives it. */
  async ended(id: number | string): Promise<TaskView> {
    const waited = await this.ghost(['wait', String(id)]);
    const task = await this.task(id);
    if (task.state === 'running') {
      throw new Error(`ghost wait ${id} ended with ${waited.status ?? waited.signal}: ${waited.stderr}`);
    }
    return task;
  }

  /** Runs a task to its end and until nothing more is recorded of it: its log is closed. */
  async complete(args: readonly string[]): Promise<number> {
    const id = await this.run(args);
    await until(`the log of task ${id} is closed`, () => this.events({ type: 'LogClosed', task: id }).length === 1);
    return id;
  }

  /** The pid of the daemon that serves this folder now, or null. */
  daemonPid(): number | null {
    try {
      const { pid } = JSON.parse(readFileSync(join(this.path, 'daemon.json'), 'utf8')) as { readonly pid: number };
      return isAlive(pid) ? pid : null;
    } catch {
      return null;
    }
  }

  /** Kills the daemon as a crash would, and waits until it is gone. Gives its pid. */
  async killDaemon(): Promise<number> {
    const pid = await until('a daemon to kill', () => this.daemonPid());
    process.kill(pid, 'SIGKILL');
    await until('the killed daemon is gone', () => !isAlive(pid));
    return pid;
  }

  /** Everything that the journal has, read beside the daemon. */
  events({ type, task }: { type?: string; task?: number } = {}): readonly RecordedEvent[] {
    const database = new Database(join(this.path, 'tasks.db'), { readonly: true });
    try {
      return database
        .prepare<[], { seq: number; at: number; type: string; task: number | null; actor: string; data: string }>(
          'SELECT seq, at, type, task, actor, data FROM events ORDER BY seq',
        )
        .all()
        .filter((row) => (type === undefined || row.type === type) && (task === undefined || row.task === task))
        .map(({ actor, data, ...row }) => ({
          ...row,
          actor: JSON.parse(actor) as Record<string, unknown>,
          data: JSON.parse(data) as Record<string, unknown>,
        }));
    } finally {
      database.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // These first: one that follows a task starts the daemon anew when it is gone. As children of the test runner's worker
    // they may not be found by their mark.
    const begun = [...this.#begun];
    for (const { child } of begun) child.kill('SIGKILL');
    // Whatever a test left running, and the daemon last, so that it records nothing into a folder that is being removed.
    await until('every process of this test is gone', () => {
      const left = processesOfRun(this.#run, { variable: 'GHOST_TEST_HOME', within: this.#base });
      endLeftovers(left);
      return left.length === 0;
    });
    // When whoever has their output open is gone as well.
    await Promise.allSettled(begun.map(({ ended }) => ended));
    rmSync(this.#base, { recursive: true, force: true });
  }
}

export interface GhostOptions {
  /** Takes what is printed, in bytes, instead of `stdout`. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What comes on standard input; left out: nothing is there; null: a pipe that the test writes to. */
  readonly input?: string | null;
}

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/[ZXx]/.test(statOf(pid).state);
  } catch {
    return false;
  }
}
