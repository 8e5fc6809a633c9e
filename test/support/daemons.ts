import { readlinkSync } from 'node:fs';

import type { GhostHome } from './ghost-home.ts';
import { type MarkedProcess, processesOfRun } from './leftovers.ts';
import { statOf } from './process-stat.ts';

/** The daemons of a home that live, the ones that are only about to be refused among them. */
export function daemonsOf(home: GhostHome): readonly number[] {
  return processesOf(home)
    .filter(isDaemon)
    .map(({ pid }) => pid);
}

/** The home's processes other than its daemons: shims, pumps, tasks and what they left behind. */
export function processesOfTasks(home: GhostHome): readonly MarkedProcess[] {
  return processesOf(home).filter((process) => !isDaemon(process));
}

function isDaemon({ commandLine }: MarkedProcess): boolean {
  return /daemon\.cjs|^ghostd\b/.test(commandLine);
}

function processesOf(home: GhostHome): readonly MarkedProcess[] {
  return processesOfRun(home.env['GHOST_TEST_HOME'] ?? '', { variable: 'GHOST_TEST_HOME' }).filter(
    // A command line of ghost's that is under way is nothing left behind.
    ({ commandLine }) => !commandLine.includes('ghost.cjs'),
  );
}

/** Where a process stands. */
export function standingOf(pid: number): {
  readonly session: number;
  /** 0: it has none. */
  readonly terminal: number;
  readonly cwd: string;
  readonly stdin: string;
} {
  const { session, terminal } = statOf(pid);
  return {
    session,
    terminal,
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    stdin: readlinkSync(`/proc/${pid}/fd/0`),
  };
}
