import { closeSync, fstatSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';

import { hasCode } from '../error-code.ts';
import type { ProcessIdentity } from '../journal/events.ts';
import { readStat } from '../process-stat.ts';
import { ticksPerSecond, uptimeSeconds } from './boot-clock.ts';
import { recordedCommandLine } from './command-line.ts';

/** What the system says of its processes. One interface a platform; everything else asks this. */
export interface ProcessTable {
  /** Names this start of the machine: a pid noted under another one means nothing. */
  readonly bootId: string;
  /** The process that has this pid now, or null. A zombie is gone: it runs nothing more. */
  look(pid: number): ProcessEntry | null;
  /** Whether the very process that was noted is alive. */
  isAlive(identity: ProcessIdentity): boolean;
  /**
   * How a process ended that is gone and that its parent has not collected yet, as a wait status (wait(2)). Null where
   * it lives, was collected, or is not ours to ask about.
   */
  waitStatusOfZombie(identity: ProcessIdentity): number | null;
  /**
   * Every living process in the session that a task leads, whichever its process group.
   * @param options.among sessions as they were read before; left out: they are read now.
   */
  membersOf(session: number, options?: { readonly among?: Sessions }): readonly ProcessEntry[];
  /** The session of every process, for whoever asks about many: to read them takes as long for one as for all. */
  sessions(): Sessions;
  /** The files that a process has open, pipes and the like left out; none where it is gone or not ours to look at. */
  openFiles(pid: number): readonly OpenFile[];
  /** The command line of a process as it is recorded (command-line.ts), or null. */
  commandLine(pid: number): string | null;
  /** How long ago a process of this boot began, in milliseconds, by the clock that nobody sets; asleep counts. */
  ageMs(identity: ProcessIdentity): number;
  /** The clock ticks since boot at which something happened that is `ageMs` old. */
  ticksAt(ageMs: number): number;
}

/** A file that a process has open: by the name that it has now or had last, and what tells it from every other. */
interface OpenFile {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
}

/** The processes in each session, by their pids. */
export type Sessions = ReadonlyMap<number, readonly number[]>;

export interface ProcessEntry {
  readonly identity: ProcessIdentity;
  readonly processGroup: number;
  readonly session: number;
  /** Stopped by a signal (SIGSTOP, SIGTSTP), or by a tracer. */
  readonly stopped: boolean;
  /** Waits for something (a pipe, a timer): it holds nothing half done. */
  readonly sleeping: boolean;
}

/**
 * The process table of Linux, read from /proc: proc(5).
 * @param options.sessionOf asks the kernel for the session of a process (null: not known): where a thousand others run,
 *   that is far quicker than to read what it says of each.
 */
export function linuxProcessTable({
  sessionOf = () => null,
}: { readonly sessionOf?: (pid: number) => number | null } = {}): ProcessTable {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const look = (pid: number): ProcessEntry | null => {
    const stat = readProc(`/proc/${pid}/stat`);
    return stat === null ? null : parseStat(stat, { bootId });
  };
  return {
    bootId,
    look,
    isAlive: (identity) => identity.bootId === bootId && look(identity.pid)?.identity.startTime === identity.startTime,
    waitStatusOfZombie: ({ pid, startTime, bootId: noted }) => {
      const zombie = zombieOf(readProc(`/proc/${pid}/stat`) ?? '');
      if (zombie === null || zombie.startTime !== startTime || noted !== bootId) return null;
      // Who may not know is told 0, so that it must be ours: ptrace(2), "ptrace access mode checking".
      return isOwn(readProc(`/proc/${pid}/status`) ?? '') ? zombie.waitStatus : null;
    },
    membersOf: (session, { among } = {}) =>
      (among === undefined
        ? allPids().filter((pid) => (sessionOf(pid) ?? session) === session)
        : (among.get(session) ?? [])
      )
        .map((pid) => look(pid))
        .filter((entry) => entry !== null)
        .filter((entry) => entry.session === session),
    sessions: () => {
      const sessions = new Map<number, number[]>();
      for (const pid of allPids()) {
        const session = sessionOf(pid) ?? look(pid)?.session;
        if (session === undefined) continue;
        const members = sessions.get(session);
        if (members === undefined) sessions.set(session, [pid]);
        else members.push(pid);
      }
      return sessions;
    },
    openFiles: (pid) =>
      (unlessGone(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((descriptor) => {
        const file = unlessGone(() => fileBehind(`/proc/${pid}/fd/${descriptor}`));
        return file?.path.startsWith('/') === true ? [{ ...file, path: file.path.replace(/ \(deleted\)$/, '') }] : [];
      }),
    commandLine: (pid) => {
      const words = readProc(`/proc/${pid}/cmdline`, [...goneCodes, ...noDescriptorCodes]);
      if (words === null || words === '') return null;
      return recordedCommandLine(Buffer.from(words, 'latin1').toString('utf8').replace(/\0$/, '').split('\0'));
    },
    ageMs: ({ startTime }) => (uptimeSeconds() - Number(startTime) / ticksPerSecond) * 1000,
    ticksAt: (ageMs) => Math.floor((uptimeSeconds() - ageMs / 1000) * ticksPerSecond),
  };
}

/**
 * One line of /proc/PID/stat.
 * @returns null for a zombie, a dead process, and a line that is none.
 */
export function parseStat(line: string, { bootId }: { bootId: string }): ProcessEntry | null {
  const { pid, field } = readStat(line);
  const [state, startTime] = [field(3), field(22)];
  if (!Number.isInteger(pid) || state === '' || startTime === '') return null;
  if (hasEnded(field) || state === 'X' || state === 'x') return null;
  return {
    identity: { pid, startTime, bootId },
    processGroup: Number(field(5)),
    session: Number(field(6)),
    stopped: state === 'T' || state === 't',
    sleeping: state === 'S',
  };
}

/** What a line of /proc/PID/stat says of a zombie: null for everything else. */
export function zombieOf(line: string): { readonly startTime: string; readonly waitStatus: number } | null {
  const { field } = readStat(line);
  return hasEnded(field) ? { startTime: field(22), waitStatus: Number(field(52)) } : null;
}

/** A process whose first thread has ended looks like a zombie, and lives as long as it has others: field 20. */
function hasEnded(field: (number: number) => string): boolean {
  return field(3) === 'Z' && Number(field(20)) <= 1;
}

/** Whether all ids of a process, from /proc/PID/status, are this one's own, or this one may look at everybody's. */
function isOwn(status: string): boolean {
  const all = (name: string, own: number | undefined): boolean => {
    const ids = new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? [];
    return ids.length > 0 && ids.every((id) => Number(id) === own);
  };
  if (process.geteuid?.() === 0) return status !== '';
  return all('Uid', process.geteuid?.()) && all('Gid', process.getegid?.());
}

function allPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** For a handle that names a file and opens nothing of it, so that no FIFO is waited for: open(2). Node does not name it. */
const O_PATH = 0o10000000;

/**
 * The name and the number of one and the same file. Asked for one after the other they may be of two: a shell puts
 * another file in a descriptor's place for each of its redirections.
 */
function fileBehind(link: string): OpenFile {
  const handle = openSync(link, O_PATH);
  try {
    const { dev, ino } = fstatSync(handle);
    return { path: readlinkSync(`/proc/self/fd/${handle}`), dev, ino };
  } finally {
    closeSync(handle);
  }
}

/** Bytes as latin1, or null where the process is gone or not ours to read. */
function readProc(path: string, codes: readonly string[] = goneCodes): string | null {
  return unlessGone(() => readFileSync(path, 'latin1'), codes);
}

/** The process is gone, or not ours to look at. */
const goneCodes: readonly string[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];
/** Nothing could be looked at: that a process is gone must never be concluded from it. */
const noDescriptorCodes: readonly string[] = ['EMFILE', 'ENFILE'];

function unlessGone<T>(read: () => T, codes: readonly string[] = goneCodes): T | null {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, codes)) return null;
    throw error;
  }
}
