import { readFileSync, readdirSync } from 'node:fs';

/** What the kernel says of a process: proc_pid_stat(5). Read here by itself: nothing of it is asked of ghost. */
interface ProcessStat {
  /** `R`, `S`, `T` for stopped, `Z` for a zombie, and so on. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** The device of its terminal; 0: it has none. */
  readonly terminal: number;
  /** The processor time that it has had so far, in user and system, in clock ticks. */
  readonly ticks: number;
  /** The same of its children that have ended and were waited for, and theirs. */
  readonly childrenTicks: number;
}

/** @throws where there is no such process (any more). */
export function statOf(pid: number | 'self'): ProcessStat {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name before it is in parentheses and may hold anything.
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // As the manual page counts them: the state is the third.
  const field = (number: number): number => Number(fields[number - 4]);
  return {
    state,
    parent: field(4),
    group: field(5),
    session: field(6),
    terminal: field(7),
    ticks: field(14) + field(15),
    childrenTicks: field(16) + field(17),
  };
}

export function isStopped(pid: number): boolean {
  return statOf(pid).state === 'T';
}

/** A number that a file of /proc has by name: `procNumber('812/status', 'VmRSS')`, which is in KiB; proc_pid_status(5). */
export function procNumber(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${file}`, 'latin1'))?.[1];
  if (found === undefined) throw new Error(`/proc/${file} has no number ${name}`);
  return Number(found);
}

/** Every process that there is. Where there is no /proc the list is empty. */
export function allPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
