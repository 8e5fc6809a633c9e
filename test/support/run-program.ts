import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment; left out: that of the tests. */
  readonly env?: NodeJS.ProcessEnv;
  /** How the output is decoded: `latin1` keeps every byte as one character. */
  readonly encoding?: 'utf8' | 'latin1';
  /** What comes on standard input; left out: nothing is there. */
  readonly input?: string;
}

/** Runs a program to its end, without a terminal. */
export async function runProgram(command: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const [file = '', ...args] = command;
  const { encoding = 'utf8', input, ...where } = options;
  const child = spawn(file, args, { ...where, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
  child.stdin?.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding(encoding).on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding(encoding).on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { status: child.exitCode, signal: child.signalCode, stdout, stderr };
}
