import { readFileSync, readdirSync } from 'node:fs';
import type { ProcessIdentity } from '../journal/events.ts';

/** What the system says of its processes. One interface a platform; everything else asks this. */
export interface ProcessTable {
  /** Names this start of the machine: a pid noted under another one means nothing. */
  readonly bootId: string;
  /** The process that has this pid now, or null. A zombie is gone: it runs nothing more. */
  look(pid: number): ProcessEntry | null;
  /** Whether the very process that was noted is alive. */
  isAlive(identity: ProcessIdentity): boolean;
  /** Every living process in the session that a task leads, whichever its process group. */
  membersOf(session: number): readonly ProcessEntry[];
  /** The command line of a process, its words joined with spaces, or null. */
  commandLine(pid: number): string | null;
  /** The clock ticks since boot at which something happened that is `ageMs` old. */
  ticksAt(ageMs: number): number;
}

export interface ProcessEntry {
  readonly identity: ProcessIdentity;
  readonly processGroup: number;
  readonly session: number;
  /** Stopped by a signal (SIGSTOP, SIGTSTP), or by a tracer. */
  readonly stopped: boolean;
  /** Waits for something (a pipe, a timer): it holds nothing half done. */
  readonly sleeping: boolean;
}

/** USER_HZ, fixed at 100 for every program since Linux 2.6: time(7). */
const ticksPerSecond = 100;
const commandLineCharactersMax = 4_096;

/** The process table of Linux, read from /proc: proc(5). */
export function linuxProcessTable(): ProcessTable {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const look = (pid: number): ProcessEntry | null => {
    const stat = readProc(`/proc/${pid}/stat`);
    return stat === null ? null : parseStat(stat, { bootId });
  };
  return {
    bootId,
    look,
    isAlive: (identity) =>
      identity.bootId === bootId && look(identity.pid)?.identity.startTime === identity.startTime,
    membersOf: (session) =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map((name) => look(Number(name)))
        .filter((entry) => entry !== null)
        .filter((entry) => entry.session === session),
    commandLine: (pid) => {
      const words = readProc(`/proc/${pid}/cmdline`);
      if (words === null || words === '') return null;
      return Buffer.from(words, 'latin1').toString('utf8').replace(/\0$/, '').replaceAll('\0', ' ')
        .slice(0, commandLineCharactersMax);
    },
    ticksAt: (ageMs) => {
      const uptimeSeconds = Number.parseFloat(readFileSync('/proc/uptime', 'latin1'));
      return Math.floor((uptimeSeconds - ageMs / 1000) * ticksPerSecond);
    },
  };
}

/**
 * One line of /proc/PID/stat. The program's name is the second field and may hold anything, spaces and parentheses
 * too, so the rest begins after the last `)`.
 * @returns null for a zombie, a dead process, and a line that is none.
 */
export function parseStat(line: string, { bootId }: { bootId: string }): ProcessEntry | null {
  const pid = Number.parseInt(line, 10);
  const [state, , processGroup, session, ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  // `rest` begins at field 7 (tty_nr); the start time is field 22.
  const startTime = rest[22 - 7];
  if (!Number.isInteger(pid) || state === undefined || startTime === undefined) return null;
  if (state === 'Z' || state === 'X' || state === 'x') return null;
  return {
    identity: { pid, startTime: startTime.trim(), bootId },
    processGroup: Number(processGroup),
    session: Number(session),
    stopped: state === 'T' || state === 't',
    sleeping: state === 'S',
  };
}

/** Bytes as latin1, or null where the process is gone or not ours to read. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}
