import { readFileSync, readlinkSync } from 'node:fs';

import type { GhostHome } from './ghost-home.ts';
import { processesOfRun } from './leftovers.ts';

/** The daemons of a home that live, the ones that are only about to be refused among them. */
export function daemonsOf(home: GhostHome): readonly number[] {
  const mark = home.env['GHOST_TEST_HOME'] ?? '';
  return processesOfRun(mark, { variable: 'GHOST_TEST_HOME' })
    .filter(({ commandLine }) => /daemon\.cjs|^ghostd\b/.test(commandLine))
    .map(({ pid }) => pid);
}

/** Where a process stands: proc_pid_stat(5) and the links beside it. */
export function standingOf(pid: number): {
  readonly session: number;
  /** 0: it has none. */
  readonly terminal: number;
  readonly cwd: string;
  readonly stdin: string;
} {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    session: Number(fields[3]),
    terminal: Number(fields[4]),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    stdin: readlinkSync(`/proc/${pid}/fd/0`),
  };
}
