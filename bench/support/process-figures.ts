import { readdirSync } from 'node:fs';

import { allPids, procNumber, statOf } from '../../test/support/process-stat.ts';

/** What a process has taken so far, from /proc (proc(5)). */
interface ProcessFigures {
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
  const { ticks, childrenTicks } = statOf(pid);
  const wakeUps = readdirSync(`/proc/${pid}/task`)
    .map((thread) => procNumber(`${pid}/task/${thread}/status`, 'voluntary_ctxt_switches'))
    .reduce((sum, count) => sum + count, 0);
  return {
    residentMegabytes: (procNumber(`${pid}/status`, 'VmRSS') * 1024) / 1e6,
    cpuMs: ticks * tickMs,
    childrenCpuMs: childrenTicks * tickMs,
    wakeUps,
  };
}

/** How much of one core a process took while something was done, and what that gave. */
export async function shareOfCore<T>(
  pid: number,
  during: () => Promise<T>,
): Promise<{ readonly percent: number; readonly gave: T }> {
  const before = figuresOf(pid).cpuMs;
  const began = performance.now();
  const gave = await during();
  return { percent: ((figuresOf(pid).cpuMs - before) / (performance.now() - began)) * 100, gave };
}

/** The part of a process's memory that is its own, in KiB: what it shares counts by its share (Pss). */
export function proportionalKibibytes(pid: number): number {
  return procNumber(`${pid}/smaps_rollup`, 'Pss');
}

/** The processes of a session, by the pid that leads it. */
export function membersOfSession(session: number): readonly number[] {
  return allPids().filter((pid) => sessionOf(pid) === session);
}

function sessionOf(pid: number): number | null {
  try {
    return statOf(pid).session;
  } catch {
    return null;
  }
}
