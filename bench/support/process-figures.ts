import { readFileSync, readdirSync } from 'node:fs';

/** What a process has taken so far, from /proc (proc(5)). */
export interface ProcessFigures {
  readonly residentMegabytes: number;
  /** Of its thread: user and system. */
  readonly cpuMs: number;
  /** The same of all its children that have ended and were waited for, and theirs. */
  readonly childrenCpuMs: number;
  /** How often one of its threads went to sleep, and so how often something woke it. */
  readonly wakeUps: number;
}

/** USER_HZ: time(7). */
const tickMs = 10;

export function figuresOf(pid: number): ProcessFigures {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = (from: number): number => Number(fields[from - 3]) + Number(fields[from - 2]);
  const wakeUps = readdirSync(`/proc/${pid}/task`)
    .map((thread) => numberIn(`/proc/${pid}/task/${thread}/status`, /^voluntary_ctxt_switches:\s+(\d+)/m))
    .reduce((sum, count) => sum + count, 0);
  return {
    residentMegabytes: (numberIn(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m) * 1024) / 1e6,
    cpuMs: ticks(14) * tickMs,
    childrenCpuMs: ticks(16) * tickMs,
    wakeUps,
  };
}

/** The part of a process's memory that is its own, in KiB: what it shares counts by its share (Pss). */
export function proportionalKibibytes(pid: number): number {
  return numberIn(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m);
}

/** The processes of a session, by the pid that leads it. */
export function membersOfSession(session: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => sessionOf(pid) === session);
}

function sessionOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return null;
  }
}

function numberIn(file: string, pattern: RegExp): number {
  const found = pattern.exec(readFileSync(file, 'latin1'))?.[1];
  if (found === undefined) throw new Error(`${file} has nothing like ${pattern.source}`);
  return Number(found);
}
