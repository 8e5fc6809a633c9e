import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { until } from './until.ts';

/** Which calls of a process fail, and how: the kernel is not asked then. */
export interface Failure {
  readonly calls: readonly string[];
  /** An errno, such as `EIO`. */
  readonly error: string;
  /** Only calls about this file. */
  readonly path: string;
}

const wordsOf = ({ calls, error, path }: Failure): readonly string[] => [
  '-f',
  '-e',
  'signal=none',
  '-P',
  path,
  '-e',
  `trace=${calls.join(',')}`,
  '-e',
  `inject=${calls.join(',')}:error=${error}`,
];

/** Puts the failure in front of a command, for the whole of its life: strace(1). */
export function underFailure(failure: Failure, command: readonly string[]): readonly string[] {
  return ['strace', '-qq', ...wordsOf(failure), '-o', '/dev/null', ...command];
}

/** Makes calls of a running process fail from now on, until it is disposed. */
export class FailingCalls implements AsyncDisposable {
  readonly #tracer: ChildProcess;

  private constructor(tracer: ChildProcess) {
    this.#tracer = tracer;
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
    return new FailingCalls(tracer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#tracer.exitCode !== null || this.#tracer.signalCode !== null) return;
    const closed = once(this.#tracer, 'close');
    this.#tracer.kill();
    await closed;
  }
}
