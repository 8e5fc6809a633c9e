import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type Client, type RunRequest, connect } from '../../src/client/library.ts';
import { endLeftovers, processesOfRun } from '../../test/support/leftovers.ts';
import { root } from '../../test/support/source-files.ts';

/** The environment that everything timed runs in: without what would slow one side down or lead it to somebody's own data. */
export function plainEnvironment(): Record<string, string> {
  const dropped = /^(GHOST_|XDG_|NODE_|npm_|FORCE_COLOR$|BASH_ENV$|ENV$|LD_PRELOAD$)/;
  return {
    ...Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) =>
        value === undefined || dropped.test(name) ? [] : [[name, value] as const],
      ),
    ),
    NO_COLOR: '1',
  };
}

/** What a program that has ended left. */
interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the moment before it was started until it was gone. */
  readonly tookMs: number;
}

/**
 * Runs a program to its end.
 * @throws where it does not end with 0: what failed is not worth a figure.
 */
export async function runTimed(
  [file, ...args]: readonly [string, ...string[]],
  { env, input, cwd }: { readonly env: NodeJS.ProcessEnv; readonly input?: string; readonly cwd?: string },
): Promise<Ended> {
  const before = performance.now();
  const child = spawn(file, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('latin1').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('latin1').on('data', (text: string) => (stderr += text));
  child.stdin?.end(input);
  const exited = once(child, 'exit').then(() => performance.now() - before);
  await once(child, 'close');
  const tookMs = await exited;
  if (child.exitCode !== 0) {
    throw new Error(`${[file, ...args].join(' ')} ended with ${child.exitCode ?? child.signalCode}: ${stderr}`);
  }
  return { status: child.exitCode, stdout, stderr, tookMs };
}

/** What everything of Node's costs at least: a Node that does nothing. In milliseconds. */
export async function idleNode(): Promise<number> {
  return (await runTimed([process.execPath, '-e', '0'], { env: plainEnvironment() })).tookMs;
}

/** A ghost of its own: the real command line, the real daemon, in a temporary folder. */
export class BenchHome implements AsyncDisposable {
  /** The data folder. */
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #base: string;
  readonly #clients: Client[] = [];

  constructor() {
    this.#base = mkdtempSync(join(tmpdir(), 'ghost-bench-'));
    this.path = join(this.#base, 'home');
    const cache = join(this.#base, 'cache');
    mkdirSync(cache);
    this.env = {
      ...plainEnvironment(),
      GHOST_HOME: this.path,
      // Where the launcher keeps compiled code: a warm one is what a user has from the second command on.
      XDG_CACHE_HOME: cache,
      XDG_CONFIG_HOME: join(this.#base, 'config'),
      GHOST_BENCH: this.#base,
    };
  }

  /** The words that run a command of ghost's, for `runTimed` and for tools in front of it. */
  command(args: readonly string[]): readonly [string, ...string[]] {
    return [process.execPath, join(root, 'bin', 'ghost.cjs'), ...args];
  }

  /** A task to be started by a client. It bears the mark by which all that was started here is found again. */
  task(command: readonly string[]): RunRequest {
    return {
      command,
      environment: [
        ['PATH', this.env['PATH'] ?? ''],
        ['PWD', process.cwd()],
        ['GHOST_BENCH', this.#base],
      ],
    };
  }

  /** Runs a command of ghost's to its end. */
  async ghost(args: readonly string[], { input }: { readonly input?: string } = {}): Promise<Ended> {
    return await runTimed(this.command(args), { env: this.env, ...(input === undefined ? {} : { input }) });
  }

  /** Starts one and gives it back while it runs. */
  begin(args: readonly string[]): ChildProcess {
    const [file, ...rest] = this.command(args);
    return spawn(file, rest, { env: this.env, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** A client in this process. The daemon is started by the command line, in the environment of the bench. */
  async client(): Promise<Client> {
    await this.ghost(['list']);
    const client = await connect({ home: this.path, start: false });
    this.#clients.push(client);
    return client;
  }

  /** The daemon that serves this folder. @throws where there is none. */
  daemonPid(): number {
    const { pid } = JSON.parse(readFileSync(join(this.path, 'daemon.json'), 'utf8')) as { readonly pid: number };
    return pid;
  }

  /** Ends the daemon as a user would, its tasks go on; settles when its process is gone. */
  async shutdown(): Promise<void> {
    await this.ghost(['shutdown']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    // By pid, the daemon first, so that it does not record an end for each task into a folder that is being removed.
    for (;;) {
      const left = processesOfRun(this.#base, { variable: 'GHOST_BENCH' });
      if (left.length === 0) break;
      const daemons = left.filter(({ commandLine }) => commandLine.startsWith('ghostd'));
      endLeftovers(daemons.length > 0 ? daemons : left);
      await delay(20);
    }
    rmSync(this.#base, { recursive: true, force: true });
  }
}
