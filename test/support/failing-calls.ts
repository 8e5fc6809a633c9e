import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { isAlive } from './ghost-home.ts';
import { until } from './until.ts';

/** Which calls of a process fail, and how: the kernel is not asked then. */
interface Failure {
  readonly calls: readonly string[];
  /** An errno, such as `EIO`. */
  readonly error: string;
  /** Which of the calls fail, as in strace(1); left out: all. */
  readonly when?: string;
  /** Only calls about this file. */
  readonly path: string;
}

const wordsOf = ({ calls, error, path, when = '1+' }: Failure): readonly string[] => [
  '-f',
  '-e',
  'signal=none',
  '-P',
  path,
  '-e',
  `trace=${calls.join(',')}`,
  '-e',
  `inject=${calls.join(',')}:error=${error}:when=${when}`,
];

/** Puts the failure in front of a command, but not of what it starts: strace(1). The calls are written to `trace`. */
export function underFailure(
  failure: Failure,
  command: readonly string[],
  { trace = '/dev/null' }: { readonly trace?: string } = {},
): readonly string[] {
  return ['strace', '-qq', '-b', 'execve', ...wordsOf(failure), '-o', trace, ...command];
}

/** Makes calls of a running process fail from now on, until it is disposed. */
export class FailingCalls implements AsyncDisposable {
  readonly #tracer: ChildProcess;
  readonly #pid: number;

  private constructor(tracer: ChildProcess, pid: number) {
    this.#tracer = tracer;
    this.#pid = pid;
  }

  static async of(pid: number, failure: Failure): Promise<FailingCalls> {
    const tracer = spawn('strace', ['-p', String(pid), ...wordsOf(failure), '-o', '/dev/null'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until('strace holds the process', () => {
      if (tracer.exitCode !== null) throw new Error(`strace ended: ${said}`);
      return said.includes('attached');
    });
    return new FailingCalls(tracer, pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#tracer.exitCode !== null || this.#tracer.signalCode !== null) return;
    const closed = once(this.#tracer, 'close');
    // strace lets go of what lives when it is asked to end; where all has ended it may wait for ever for one thread.
    this.#tracer.kill(isAlive(this.#pid) ? 'SIGTERM' : 'SIGKILL');
    await closed;
  }
}
