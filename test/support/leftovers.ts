import { readFileSync, readlinkSync } from 'node:fs';

import { allPids, statOf } from './process-stat.ts';

/** A process that carries the mark of a test run in its environment. */
export interface MarkedProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/**
 * The processes of a run, found by `GHOST_TEST_RUN=<id>` in their environment (proc(5)); zombies have none. The test
 * runner itself and its workers, which are its children, are left out. Where there is no /proc the list is empty.
 * @param within a folder of the run's: whoever works in it is of the run too, whatever environment he was given.
 */
export function processesOfRun(
  runId: string,
  { variable = 'GHOST_TEST_RUN', within }: { variable?: string; within?: string } = {},
): readonly MarkedProcess[] {
  const mark = `\0${variable}=${runId}\0`;
  return allPids().flatMap((pid) => {
    try {
      const isMarked = `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(mark);
      const worksThere = within !== undefined && readlinkSync(`/proc/${pid}/cwd`).startsWith(`${within}/`);
      if (!isMarked && !worksThere) return [];
      if (pid === process.pid || statOf(pid).parent === process.pid) return [];
      return [{ pid, commandLine: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() }];
    } catch {
      // Ended in between, or not ours to read.
      return [];
    }
  });
}

/** Ends what a run left behind, whatever it ignores. */
export function endLeftovers(leftovers: readonly MarkedProcess[]): void {
  for (const { pid } of leftovers) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended in between.
    }
  }
}
