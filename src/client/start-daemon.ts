import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { lock } from 'proper-lockfile';

import { prepareDataFolder } from '../data-folder.ts';
import { errorCode } from '../error-code.ts';
import type { Paths } from '../paths.ts';
import { releaseReserve } from '../reserve-file.ts';
import { versionAge } from '../version-order.ts';
import { version } from '../version.ts';
import { isListening, openConnection, readDaemonFile, stuck } from './connector.ts';
import { endDaemon } from './end-daemon.ts';
import { type Waiting, launch, ownDaemonScript, pollMs, startFailed, tryOut } from './launch-daemon.ts';
import { type OnStartProgress, Patience } from './patience.ts';
import type { Starter, VersionNews } from './session.ts';
import { StartTeller, type Told } from './start-teller.ts';

/**
 * Starts a daemon where there is none. A file of its own, loaded only then: it is all of the client that knows of
 * processes and locks.
 *
 * The lock here keeps a herd of clients from starting a herd of daemons, and no more: it can be held by two after one
 * was killed with it. Which daemon is the daemon is decided by the lock of the kernel's that the daemon takes; one that
 * comes second says so and is gone, and its client waits for the first.
 */

/** How long a lock lies untouched before its holder counts as dead. The least that proper-lockfile takes. */
const lockStaleMs = 2_000;
/**
 * How long a daemon that has the kernel's lock may take until it listens, and one that was started here to say that it
 * is ready. Both from the last step that it told of: one that brings a large journal up to date takes what it takes.
 */
const listenTimeoutMs = 15_000;
const readyTimeoutMs = 60_000;

interface StartDaemonOptions {
  /** The daemon's file; left out: the one that belongs to this ghost. */
  readonly daemonScript?: string;
  /** Told what the daemon is busy with, where it takes longer than usual. */
  readonly onProgress?: OnStartProgress;
  /** Instead of `readyTimeoutMs` and `listenTimeoutMs`, for tests. */
  readonly patienceMs?: { readonly ready: number; readonly listen: number };
}

/**
 * Settles when a daemon of this data folder listens, whoever started it.
 * @throws GhostError `data-folder-unusable`, `daemon-start-failed`, `daemon-stuck`, and whatever the daemon itself
 *   says of why it cannot start (`journal-unusable`, `socket-path-unusable`, ...).
 */
export async function startDaemon(paths: Paths, options: StartDaemonOptions = {}): Promise<void> {
  prepareDataFolder(paths.home);
  const { waiting, patience } = waitingFor(paths, options);
  for (;;) {
    const release = await tryLock(paths);
    try {
      if (await isListening(paths)) return;
      if (release !== null) return await launch(waiting, options.daemonScript ?? ownDaemonScript());
    } finally {
      await release?.();
    }
    if (patience.isOver) throw stuck(paths);
    await delay(pollMs);
  }
}

/**
 * Puts a daemon of this version in the place of an older one; a newer one stays, for with the same protocol it does all
 * that this ghost knows. Who comes meanwhile waits, as for any daemon that is being started; the tasks notice nothing.
 * The old one is not ended before it is known that this one could start.
 * @returns what there is to say; null where there is nothing, because another command was first, say.
 * @throws GhostError as `startDaemon` does; `daemon-stuck`, `protocol-mismatch` where the old one cannot be ended.
 */
export async function meetOtherVersion(paths: Paths, options: StartDaemonOptions = {}): Promise<VersionNews | null> {
  prepareDataFolder(paths.home);
  const script = options.daemonScript ?? ownDaemonScript();
  const { waiting, patience } = waitingFor(paths, options);
  for (;;) {
    const release = await tryLock(paths);
    try {
      const daemon = readDaemonFile(paths)?.version;
      const age = daemon === undefined ? 'unknown' : versionAge(daemon);
      if (daemon === undefined || age === 'same' || age === 'unknown') return null;
      if (age === 'newer') return (await understands(paths)) ? { kind: 'newer', daemon, own: version } : null;
      if (release !== null) {
        const connection = await openConnection({ paths, program: 'ghost' });
        // It was killed, and only its word is left: whoever comes starts the next one.
        if (connection === null) return null;
        try {
          await tryOut(waiting, script);
        } catch (error) {
          // An open connection keeps the process of whoever uses the library alive.
          await connection.close();
          throw error;
        }
        const { tasksRunning } = await endDaemon(connection);
        await launch(waiting, script);
        return { kind: 'replaced', daemon, own: version, tasksRunning };
      }
    } finally {
      await release?.();
    }
    if (patience.isOver) throw stuck(paths);
    await delay(pollMs);
  }
}

/** Both, telling a person what it is that takes so long. */
export function tellingStarter(told: Told): Starter {
  return {
    startDaemon: async (paths) => {
      using teller = new StartTeller(told);
      await startDaemon(paths, { onProgress: teller.onProgress });
    },
    meetOtherVersion: async (paths) => {
      using teller = new StartTeller(told);
      return await meetOtherVersion(paths, { onProgress: teller.onProgress });
    },
  };
}

function waitingFor(
  paths: Paths,
  { onProgress = () => undefined, patienceMs = { ready: readyTimeoutMs, listen: listenTimeoutMs } }: StartDaemonOptions,
): { readonly waiting: Waiting; readonly patience: Patience } {
  return {
    waiting: { paths, onProgress, readyMs: patienceMs.ready, listenMs: patienceMs.listen },
    patience: new Patience(paths, { limitMs: patienceMs.ready + patienceMs.listen, onProgress }),
  };
}

/** What lets the lock go again, or null where somebody else holds it. */
async function tryLock({ startLock: path, reserve }: Paths): Promise<(() => Promise<void>) | null> {
  try {
    const release = await lock(path, {
      realpath: false,
      stale: lockStaleMs,
      // Somebody took it for dead (this process was stopped for a while): the daemon's own lock decides.
      onCompromised: () => undefined,
    });
    return async () => await release().catch(() => undefined);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ELOCKED') return null;
    // Two found a dead one's lock: the other removed this one, made a moment ago, in its place.
    if (code === 'ENOENT' && existsSync(dirname(path))) return null;
    // On a full disk not even a lock can be made. The next try has room for it.
    if (code === 'ENOSPC' && releaseReserve(reserve)) return null;
    throw startFailed(`the lock ${path} cannot be taken`, { cause: error });
  }
}

/** Whether there is a daemon that speaks this ghost's protocol. One that does not is told of when it is asked something. */
async function understands(paths: Paths): Promise<boolean> {
  const connection = await openConnection({ paths, program: 'ghost' });
  const hello = await connection?.hello.catch(() => null);
  await connection?.close();
  return hello !== null && hello !== undefined;
}
