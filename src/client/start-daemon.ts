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
import { isListening, stuck } from './connector.ts';
import { daemonEnvironment } from './daemon-environment.ts';
import { Stopwatch } from './stopwatch.ts';

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
/** How long a daemon that has the kernel's lock may take until it listens. */
const listenTimeoutMs = 15_000;
/** How long a daemon may take to say that it is ready: it may have a journal to migrate. */
const readyTimeoutMs = 60_000;
/**
 * The daemon makes little garbage and lives long. Without a limit V8 lets the space for young objects grow to 48 MiB and
 * never gives it back (measured after 1,000 tasks: 123 MB resident, with it 101, at no more processor time). And its
 * memory reducer wakes up a process that does nothing every 8 seconds, for nothing (measured: not a page less).
 */
const nodeFlags = ['--max-semi-space-size=2', '--no-memory-reducer'];

/** How often a daemon is started that a signal ends before it is ready. */
const startsMax = 4;

export interface StartDaemonOptions {
  /** The daemon's file; left out: the one that belongs to this ghost. */
  readonly daemonScript?: string;
}

/**
 * Settles when a daemon of this data folder listens, whoever started it.
 * @throws GhostError `data-folder-unusable`, `daemon-start-failed`, `daemon-stuck`, and whatever the daemon itself
 *   says of why it cannot start (`journal-unusable`, `socket-path-unusable`, ...).
 */
export async function startDaemon(paths: Paths, options: StartDaemonOptions = {}): Promise<void> {
  prepareDataFolder(paths.home);
  const waited = new Stopwatch();
  for (;;) {
    const release = await tryLock(paths);
    try {
      if (await isListening(paths)) return;
      if (release !== null) return await launch(paths, options.daemonScript ?? ownDaemonScript());
    } finally {
      await release?.();
    }
    if (waited.elapsedMs > readyTimeoutMs + listenTimeoutMs) throw stuck(paths);
    await delay(pollMs);
  }
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

async function launch(paths: Paths, script: string): Promise<void> {
  let child = spawnDaemon(paths, script);
  let word = await firstWord(child, paths);
  // Killed before it was ready, by a person or for want of memory: that need not happen to the next one.
  for (let starts = 1; word === null && starts < startsMax; starts += 1) {
    child = spawnDaemon(paths, script);
    word = await firstWord(child, paths);
  }
  if (word === null) throw startFailed(`it was ended by ${child.signalCode}, ${startsMax} times in a row`, null, paths);
  if (word === 'ready') return;
  const error = readError(word);
  if (error === null) throw startFailed(`it said ${JSON.stringify(word)}`, null, paths);
  if (error.code !== 'daemon-already-running') throw GhostError.fromShape(error);
  await waitUntilListening(paths);
}

function spawnDaemon(paths: Paths, script: string): ChildProcess {
  const log = openDaemonLog(paths.daemonLog);
  try {
    return spawn(process.execPath, [...nodeFlags, script, '--persist'], {
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
async function firstWord(child: ChildProcess, paths: Paths): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  const stdout = child.stdout as Readable;
  const timer = setTimeout(
    () => reject(startFailed(`it is not ready after ${readyTimeoutMs / 1000} s`, null, paths)),
    readyTimeoutMs,
  );
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
    clearTimeout(timer);
    stdout.destroy();
    child.unref();
  }
}

async function waitUntilListening(paths: Paths): Promise<void> {
  const waited = new Stopwatch();
  while (!(await isListening(paths))) {
    if (waited.elapsedMs > listenTimeoutMs) throw stuck(paths);
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
