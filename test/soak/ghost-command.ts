import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/** The command line of the checkout that this script lies in. */
const launcher = join(import.meta.dirname, '..', '..', 'bin', 'ghost.cjs');

interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

/** `ghost` as a user types it, of a data folder of its own. */
export class GhostCommand {
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = { ...process.env, ...env };
  }

  spawn(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [launcher, ...args], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async run(args: readonly string[]): Promise<Finished> {
    return await finished(() => this.spawn(args));
  }

  /** @throws where it does not exit with 0. */
  async ok(args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(args);
    if (status !== 0) throw new Error(`ghost ${args.join(' ')} exited with ${status}: ${stderr}`);
    return stdout;
  }

  /** How long a Node takes that does nothing: what every command pays, and what tells of the machine. */
  async nothing(): Promise<Finished> {
    return await finished(() => spawn(process.execPath, ['-e', '0'], { stdio: ['ignore', 'pipe', 'pipe'] }));
  }
}

async function finished(begin: () => ChildProcess): Promise<Finished> {
  const startedAt = performance.now();
  const child = begin();
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const status = await promise;
  return { status, ...output, tookMs: performance.now() - startedAt };
}
