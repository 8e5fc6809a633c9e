import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { lock } from 'proper-lockfile';

import { prepareDataFolder } from '../data-folder.ts';
import { GhostError, type GhostErrorShape } from '../ghost-error.ts';
import type { Paths } from '../paths.ts';
import { readErrorShape } from '../protocol/envelope.ts';
import { releaseReserve } from '../reserve-file.ts';
import { versionAge } from '../version-order.ts';
import { version } from '../version.ts';
import { isListening, openConnection, readDaemonFile, stuck } from './connector.ts';
import { daemonEnvironment } from './daemon-environment.ts';
import { endDaemon } from './end-daemon.ts';
import { type OnStartProgress, Patience } from './patience.ts';
import type { Starter, VersionNews } from './session.ts';
import { isSingleExecutable } from './single-executable.ts';
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
const pollMs = 20;
/**
 * How long a daemon that has the kernel's lock may take until it listens, and one that was started here to say that it
 * is ready. Both from the last step that it told of: one that brings a large journal up to date takes what it takes.
 */
const listenTimeoutMs = 15_000;
const readyTimeoutMs = 60_000;
/** How often it is looked how far the daemon that was started here has come. */
const lookEveryMs = 100;
/**
 * The daemon makes little garbage and lives long. Without a limit V8 lets the space for young objects grow to 48 MiB and
 * never gives it back (measured after 1,000 tasks: 123 MB resident, with it 101, at no more processor time). And its
 * memory reducer wakes up a process that does nothing every 8 seconds, for nothing (measured: not a page less).
 */
const nodeFlags = ['--max-semi-space-size=2', '--no-memory-reducer'];

export interface StartDaemonOptions {
  /** The daemon's file; left out: the one that belongs to this ghost. */
  readonly daemonScript?: string;
  /** Told what the daemon is busy with, where it takes longer than usual. */
  readonly onProgress?: OnStartProgress;
  /** Instead of `readyTimeoutMs` and `listenTimeoutMs`, for tests. */
  readonly patienceMs?: { readonly ready: number; readonly listen: number };
}

/** Who is waited for, and how long. */
interface Waiting {
  readonly paths: Paths;
  readonly onProgress: OnStartProgress;
  readonly readyMs: number;
  readonly listenMs: number;
}

/**
 * Settles when a daemon of this data folder listens, whoever started it.
 * @throws GhostError `data-folder-unusable`, `daemon-start-failed`, `daemon-stuck`, and whatever the daemon itself
 *   says of why it cannot start (`journal-unusable`, `socket-path-unusable`, ...).
 */
export async function startDaemon(paths: Paths, options: StartDaemonOptions = {}): Promise<void> {
  prepareDataFolder(paths.home);
  const waiting = waitingFor(paths, options);
  const patience = patienceOf(waiting);
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
  const waiting = waitingFor(paths, options);
  const patience = patienceOf(waiting);
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
        await tryOut(waiting, script);
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

/** The same, telling a person what it is that takes so long. */
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

function waitingFor(paths: Paths, { onProgress = () => undefined, patienceMs }: StartDaemonOptions): Waiting {
  const { ready, listen } = patienceMs ?? { ready: readyTimeoutMs, listen: listenTimeoutMs };
  return { paths, onProgress, readyMs: ready, listenMs: listen };
}

/** How long another command, that holds the lock, is given for the same. */
function patienceOf({ paths, readyMs, listenMs, onProgress }: Waiting): Patience {
  return new Patience(paths, { limitMs: readyMs + listenMs, onProgress });
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
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ELOCKED') return null;
    // On a full disk not even a lock can be made. The next try has room for it.
    if (code === 'ENOSPC' && releaseReserve(reserve)) return null;
    throw startFailed(`the lock ${path} cannot be taken`, error);
  }
}

async function launch(waiting: Waiting, script: string): Promise<void> {
  const { paths } = waiting;
  let child = spawnDaemon(paths, script);
  let word = await firstWord(child, waiting);
  if (word === null) {
    // Killed before it was ready, by a person or for want of memory: that need not happen to the next one.
    child = spawnDaemon(paths, script);
    word = await firstWord(child, waiting);
  }
  if (word === null) throw startFailed(`it was ended by ${child.signalCode}, and so was the next`, null, paths);
  if (word === 'ready') return;
  const error = readError(word);
  if (error === null) throw startFailed(`it said ${JSON.stringify(word)}`, null, paths);
  if (error.code !== 'daemon-already-running') throw GhostError.fromShape(error);
  await waitUntilListening(waiting);
}

/** Whether there is a daemon that speaks this ghost's protocol. One that does not is told of when it is asked something. */
async function understands(paths: Paths): Promise<boolean> {
  const connection = await openConnection({ paths, program: 'ghost' });
  const hello = await connection?.hello.catch(() => null);
  await connection?.close();
  return hello !== null && hello !== undefined;
}

/** Lets a daemon see whether it could start, with its settings and native parts, and end. */
async function tryOut(waiting: Waiting, script: string): Promise<void> {
  const word = await firstWord(spawnDaemon(waiting.paths, script, '--check'), waiting);
  if (word === 'ready') return;
  const error = word === null ? null : readError(word);
  throw error === null
    ? startFailed('the older one goes on, for this one did not come up', null, waiting.paths)
    : GhostError.fromShape(error);
}

function spawnDaemon(paths: Paths, script: string, way: '--persist' | '--check' = '--persist'): ChildProcess {
  const log = openDaemonLog(paths.daemonLog);
  try {
    // The single executable is its own daemon; it sets those flags itself (scripts/single-parts.js).
    const words = isSingleExecutable() ? ['daemon', way] : [...nodeFlags, script, way];
    return spawn(process.execPath, words, {
      cwd: '/',
      // A session of its own: neither the terminal's end nor its Ctrl-C reaches it (setsid(2)).
      detached: true,
      env: daemonEnvironment(process.env, paths),
      stdio: ['ignore', 'pipe', log],
    });
  } finally {
    closeSync(log);
  }
}

/**
 * The one line that the daemon says: `ready` once it listens, or a GhostError as JSON; null where a signal ended it
 * before.
 */
async function firstWord(child: ChildProcess, { paths, readyMs, onProgress }: Waiting): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  const stdout = child.stdout as Readable;
  const patience = new Patience(paths, { limitMs: readyMs, onProgress });
  const timer = setInterval(() => {
    if (patience.isOver) reject(startFailed(`it is not ready after ${readyMs / 1000} s`, null, paths));
  }, lookEveryMs);
  let text = '';
  stdout.setEncoding('utf8');
  stdout.on('data', (chunk: string) => {
    text += chunk;
    const [line, rest] = text.split('\n', 2);
    if (line !== undefined && rest !== undefined) resolve(line);
  });
  child.once('error', (error) => reject(startFailed(`${process.execPath} cannot be run`, error)));
  child.once('close', (code, signal) => {
    if (signal === null) reject(startFailed(`it ended with ${code}`, null, paths));
    else resolve(null);
  });
  try {
    return await promise;
  } finally {
    clearInterval(timer);
    stdout.destroy();
    child.unref();
  }
}

async function waitUntilListening({ paths, listenMs, onProgress }: Waiting): Promise<void> {
  const patience = new Patience(paths, { limitMs: listenMs, onProgress });
  while (!(await isListening(paths))) {
    if (patience.isOver) throw stuck(paths);
    await delay(pollMs);
  }
}

function readError(line: string): GhostErrorShape | null {
  try {
    return readErrorShape(JSON.parse(line));
  } catch {
    return null;
  }
}

/** 0600 from the moment it exists; not followed where it is a link, which only somebody else can have put there. */
function openDaemonLog(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    throw startFailed(`its log ${path} cannot be opened`, error);
  }
}

/** Beside the bundle; from the source, which only tests run, in `dist`. */
function ownDaemonScript(): string {
  const beside = join(import.meta.dirname, 'daemon.cjs');
  const script = existsSync(beside) ? beside : join(import.meta.dirname, '..', '..', 'dist', 'daemon.cjs');
  if (!existsSync(script)) throw startFailed(`${script} is not there`, null);
  return script;
}

function startFailed(why: string, cause: unknown, paths?: Paths): GhostError {
  const reason = cause instanceof Error ? `${why}: ${cause.message}` : why;
  return new GhostError('daemon-start-failed', `the daemon could not be started: ${reason}`, {
    ...(paths === undefined ? {} : { hint: `tail ${paths.daemonLog}` }),
    ...(cause === null ? {} : { cause }),
  });
}
