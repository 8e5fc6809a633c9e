import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { errorCode } from '../error-code.ts';

/** How many processes of a cgroup the kernel has killed for want of memory, and where it says so. */
export interface MemoryKills {
  readonly cgroup: string;
  readonly file: string;
  readonly count: number;
}

/**
 * The count for the memory cgroup that a process is in now: `oom_kill` in memory.events of cgroup v2, in
 * memory.oom_control of v1 (Linux's admin-guide, cgroup-v2.rst and cgroup-v1/memory.rst). Null where there is none, as
 * for the root cgroup of v2, or where the process is gone.
 */
export function memoryKillsOf(pid: number, { root = '/' }: { readonly root?: string } = {}): MemoryKills | null {
  const lines = read(join(root, `proc/${pid}/cgroup`))?.split('\n') ?? [];
  for (const line of lines) {
    const [, id, controllers = '', cgroup = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    const isMemory = controllers.split(',').includes('memory');
    const folders = isMemory ? ['memory'] : id === '0' ? ['', 'unified'] : [];
    for (const folder of folders) {
      const name = isMemory ? 'memory.oom_control' : 'memory.events';
      const file = join(root, 'sys/fs/cgroup', folder, cgroup, name);
      const count = countIn(file);
      if (count !== null) return { cgroup, file, count };
    }
  }
  return null;
}

/** The same count by now; null where the cgroup is gone. */
export function killsByNow({ file }: MemoryKills): number | null {
  return countIn(file);
}

function countIn(file: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
  return count === undefined ? null : Number(count);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    // ENODEV: the cgroup was removed while its file was open.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR', 'ENODEV'].includes(String(code))) return null;
    throw error;
  }
}
