import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import { GhostError } from '../ghost-error.ts';
import { type KernelLock, takeKernelLock } from '../journal/database.ts';
import { quoteWord } from '../shell-quote.ts';
import { checkSocketFolder } from '../socket-folder.ts';
import { unfinishedBeside } from '../unfinished-files.ts';
import { versionAge } from '../version-order.ts';
import { version } from '../version.ts';
import { type Found, ok, problem, warning } from './finding.ts';
import { holderOf } from './lock-holder.ts';
import type { Patient } from './patient.ts';

/** A daemon that starts or ends holds the lock for a moment without answering. */
const lockWaitMs = 2_000;
const lockPollMs = 50;

/** What is known of the lock that makes a process the daemon. */
type LockState =
  | { readonly kind: 'ours'; readonly lock: KernelLock }
  /** Nobody has it: there is no such file. */
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly pid: number | null }
  | { readonly kind: 'broken'; readonly message: string; readonly hint: string };

/**
 * Takes the daemon's lock where no daemon answers.
 * @param make also where there is no such file yet.
 */
export async function takeLock(
  { paths: { lock: path }, daemon, processes }: Pick<Patient, 'paths' | 'daemon' | 'processes'>,
  { make }: { make: boolean },
): Promise<LockState> {
  if (!make && lstatSync(path, { throwIfNoEntry: false }) === undefined) return { kind: 'free' };
  if (daemon.kind === 'answers') return { kind: 'held', pid: daemon.pid };
  const attempts = lockWaitMs / lockPollMs;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      const lock = takeKernelLock(path);
      if (lock !== null) return { kind: 'ours', lock };
    } catch (error) {
      if (!(error instanceof GhostError)) throw error;
      return { kind: 'broken', message: error.message, hint: error.hint };
    }
    await new Promise((resolve) => setTimeout(resolve, lockPollMs));
  }
  return { kind: 'held', pid: holderOf(path, processes) };
}

/** Who answers, who does not, and what is in the way. */
export function checkDaemon(patient: Patient, lock: LockState): Found {
  const { daemon, paths } = patient;
  if (lock.kind === 'broken') {
    return problem('daemon', lock.message, {
      // Nothing is ever in it.
      mend: () => {
        rmSync(paths.lock, { force: true });
        return 'removed; the next daemon makes a new one';
      },
    });
  }
  if (daemon.kind === 'answers') {
    if (daemon.version === version) return ok('daemon', `pid ${daemon.pid} answers, of this version (${version})`);
    return warning('daemon', `pid ${daemon.pid} is ghost ${daemon.version}, and this is ${version}`, {
      hint:
        versionAge(daemon.version) === 'newer'
          ? 'npm install -g ghost-journal@latest  (to go back to this one: ghost shutdown; tasks run on)'
          : 'ghost list  (it replaces the daemon, and leaves its tasks running)',
    });
  }
  // It may well answer: this user's own side of the way to it is what is wrong.
  if (lock.kind === 'held' && daemon.kind === 'failed' && daemon.code !== 'daemon-stuck') {
    const who = lock.pid === null ? 'a daemon runs' : `a daemon runs (pid ${lock.pid})`;
    return problem('daemon', `${who} and could not be asked: ${daemon.message}`, { hint: daemon.hint });
  }
  if (lock.kind === 'held') {
    const { pid } = lock;
    if (pid === null) {
      return problem('daemon', 'a daemon holds the lock and does not answer', { hint: 'pgrep -af ghost  (finds it)' });
    }
    return patient.processes?.look(pid)?.stopped === true
      ? problem('daemon', `the daemon (pid ${pid}) was stopped by a signal and does not answer`, {
          hint: `kill -CONT ${pid}`,
        })
      : problem('daemon', `the daemon (pid ${pid}) holds the lock and does not answer`, {
          hint: `kill -9 ${pid}  (tasks run on; the next command starts another)`,
        });
  }
  // The folder's own finding has said so, and nobody has the lock.
  if (daemon.kind === 'failed' && daemon.code === 'data-folder-unusable') return ok('daemon', 'none runs');
  if (daemon.kind === 'none') return ok('daemon', 'none runs; the next command that needs one starts it');
  return problem('daemon', daemon.message, { hint: daemon.hint });
}

/** The socket, its folder, and what a daemon that was killed left of them. */
export function checkSocket({ paths, daemon, alone, uid }: Patient): readonly Found[] {
  const { socket } = paths;
  try {
    if (!checkSocketFolder(socket)) return [ok('socket', `${dirname(socket)} is made when a daemon starts`)];
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    return [problem('socket', error.message, { hint: error.hint })];
  }
  const stats = lstatSync(socket, { throwIfNoEntry: false });
  const unfinished = unfinishedSockets(socket);
  const found: Found[] = [];
  if (unfinished.length > 0 && alone) {
    found.push(
      warning(
        'socket',
        `sockets that nobody ever listened on: ${unfinished.map((path) => basename(path)).join(', ')}`,
        {
          mend: () => {
            for (const path of unfinished) rmSync(path, { force: true });
            return 'removed';
          },
        },
      ),
    );
  }
  if (stats === undefined) {
    if (daemon.kind !== 'answers') return [...found, ok('socket', `${socket}: nobody listens, nothing is in the way`)];
    // It listens elsewhere, as daemon.json says, or has just been robbed of it and listens anew.
    return [...found, ok('socket', 'the daemon is reached by another path than this environment gives')];
  }
  if (!stats.isSocket()) {
    const what = stats.isDirectory() ? 'a folder' : stats.isSymbolicLink() ? 'a symbolic link' : 'a file';
    return [
      ...found,
      problem('socket', `${socket} is ${what}, no socket`, {
        hint: `mv ${quoteWord(socket)} ${quoteWord(`${socket}.old`)}`,
      }),
    ];
  }
  if (uid !== null && stats.uid !== uid) {
    return [
      ...found,
      problem('socket', `${socket} belongs to uid ${stats.uid}, not to you`, { hint: `ls -l ${quoteWord(socket)}` }),
    ];
  }
  if (daemon.kind === 'none' && alone) {
    return [
      ...found,
      warning('socket', `${socket} was left by a daemon that was killed; the next one replaces it`, {
        mend: () => {
          rmSync(socket, { force: true });
          return 'removed';
        },
      }),
    ];
  }
  return [...found, ok('socket', socket)];
}

/**
 * How long nobody may have touched the start lock until a person is told of it: its holder does so every second, and a
 * command takes it over after two (`lockStaleMs` in start-daemon.ts). On a loaded machine both come late, and nobody is to
 * be told of a lock, or have one removed, that a command is just starting a daemon with.
 */
export const startLockStaleMs = 10_000;

/** What keeps a herd of commands from starting a herd of daemons (start-daemon.ts). */
export function checkStartLock({ paths, nowMs }: Pick<Patient, 'paths' | 'nowMs'>): Found {
  const path = `${paths.startLock}.lock`;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return ok('start lock', 'nobody is starting a daemon');
  if (!stats.isDirectory() || readdirSync(path).length > 0) {
    return problem('start lock', `${path} is in the way: no daemon can be started`, {
      hint: `mv ${quoteWord(path)} ${quoteWord(`${path}.old`)}`,
    });
  }
  const ageMs = nowMs - stats.mtimeMs;
  if (Math.abs(ageMs) <= startLockStaleMs) return ok('start lock', 'a daemon is being started');
  const mend = (): string => {
    rmdirSync(path);
    return 'removed';
  };
  // Such a lock never grows old, and whoever comes waits for it.
  if (ageMs < 0) return problem('start lock', 'its time is in the future, so that it never runs out', { mend });
  return warning('start lock', 'it was left by a command that was killed; the next one takes it over', { mend });
}

/** The names under which a server is bound before it is moved into place (server.ts). */
function unfinishedSockets(socket: string): readonly string[] {
  return unfinishedBeside(socket).filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true);
}
