import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { GhostHome } from './ghost-home.ts';
import { type ProcessWorld, descriptorsOf, worldOfStopped } from './process-world.ts';
import { root } from './source-files.ts';

/** A caller that has a command run, once through ghost and once itself. */
export interface Caller {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What a shell does to itself before: umask, limits, descriptors. */
  readonly script?: { readonly shell: string; readonly lines: string };
  /** Options of `ghost run`. */
  readonly options?: readonly string[];
}

/** A process that stopped itself, as it was. */
interface Seen {
  readonly world: ProcessWorld;
  readonly descriptors: readonly number[];
}

/** Runs a command that stops itself as a task, and gives what it was given. */
export async function seenAsTask(home: GhostHome, command: readonly string[], caller: Caller = {}): Promise<Seen> {
  const ghost = [process.execPath, join(root, 'bin', 'ghost.cjs'), 'run', '--json', ...(caller.options ?? [])];
  // The shell stays, as an interactive one does: a limit is its own, and Node has raised ghost's.
  const [file = '', ...args] = called([...ghost, '--', ...command], { caller, by: '"$@"; exit $?' });
  const child = spawn(file, args, { ...where(home, caller), stdio: ['ignore', 'pipe', 'pipe'] });
  let answer = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (answer += text));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`ghost run ended with ${child.exitCode ?? child.signalCode}: ${answer}`);
  const { pid } = JSON.parse(answer) as { readonly pid: number };
  return lookAndEnd(pid);
}

/** Runs it as a bare child of the same caller, in a session of its own as a task is. */
export async function seenAsChild(home: GhostHome, command: readonly string[], caller: Caller = {}): Promise<Seen> {
  const [file = '', ...args] = called(command, { caller, by: 'exec "$@"' });
  const child = spawn(file, args, { ...where(home, caller), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  if (child.pid === undefined) throw new Error(`${file} could not be started`);
  const seen = await lookAndEnd(child.pid);
  await ended;
  return seen;
}

function called(
  command: readonly string[],
  { caller: { script }, by }: { caller: Caller; by: string },
): readonly string[] {
  return script === undefined ? command : [script.shell, '-c', `${script.lines}\n${by}`, 'caller', ...command];
}

function where(home: GhostHome, { env, cwd }: Caller): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
  return { cwd: cwd ?? home.work, env: { ...home.env, ...env } };
}

async function lookAndEnd(pid: number): Promise<Seen> {
  try {
    const world = await worldOfStopped(pid);
    return { world, descriptors: descriptorsOf(pid) };
  } finally {
    process.kill(pid, 'SIGKILL');
  }
}
