import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { GhostHome } from './ghost-home.ts';
import { isAlive } from './ghost-home.ts';
import { until } from './until.ts';

/** The processes behind a task: its shim and the two pumps that the shim has started. */
interface ShimProcesses {
  readonly shim: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** As the journal and the status file have them. */
export function shimOf(home: GhostHome, task: number): ShimProcesses {
  const [spawned] = home.events({ type: 'TaskSpawned', task });
  if (spawned === undefined) throw new Error(`task ${task} has no shim yet`);
  const { pid } = spawned.data['shim'] as { readonly pid: number };
  const status = readFileSync(join(home.path, 'tasks', String(task), 'spool', 'status.1'), 'latin1');
  const [, stdout, stderr] = /^pumps (\d+) (\d+)$/m.exec(status) ?? [];
  return { shim: pid, stdout: Number(stdout), stderr: Number(stderr) };
}

/** Kills processes, and waits until they are gone. */
export async function killAll(...pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await until('what was killed is gone', () => pids.every((pid) => !isAlive(pid)));
}
