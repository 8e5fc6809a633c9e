import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { GhostError, type GhostErrorShape } from '../ghost-error.ts';
import type { Paths } from '../paths.ts';
import { readErrorShape } from '../protocol/envelope.ts';
import { isListening, stuck } from './connector.ts';
import { daemonEnvironment } from './daemon-environment.ts';
import { type OnStartProgress, Patience } from './patience.ts';

/** How often it is looked whether somebody listens. */
export const pollMs = 20;
/** How often a daemon is started that a signal ends before it is ready. */
export const startsMax = 4;
/** How often it is looked how far the daemon that was started here has come. */
const lookEveryMs = 100;
/**
 * The daemon makes little garbage and lives long. Without a limit V8 lets the space for young objects grow to 48 MiB and
 * never gives it back (measured after 1,000 tasks: 123 MB resident, with it 101, at no more processor time). And its
 * memory reducer wakes up a process that does nothing every 8 seconds, for nothing (measured: not a page less).
 */
const nodeFlags = ['--max-semi-space-size=2', '--no-memory-reducer'];

/** Who is waited for, and how long. */
export interface Waiting {
  readonly paths: Paths;
  readonly onProgress: OnStartProgress;
  readonly readyMs: number;
  readonly listenMs: number;
}

/**
 * Starts a daemon, and another one where that is killed before it is ready; settles when one listens.
 * @throws GhostError `daemon-start-failed`, `daemon-stuck`, and whatever the daemon itself says of why it cannot start.
 */
export async function launch(waiting: Waiting, script: string): Promise<void> {
  const { paths } = waiting;
  let child = spawnDaemon(paths, { script });
  let word = await firstWord(child, waiting);
  // Killed before it was ready, by a person or for want of memory: that need not happen to the next one.
  for (let starts = 1; word === null && starts < startsMax; starts += 1) {
    child = spawnDaemon(paths, { script });
    word = await firstWord(child, waiting);
  }
  if (word === null) throw startFailed(`it was ended by ${child.signalCode}, ${startsMax} times in a row`, { paths });
  if (word === 'ready') return;
  const error = readError(word);
  if (error === null) throw startFailed(`it said ${JSON.stringify(word)}`, { paths });
  if (error.code !== 'daemon-already-running') throw GhostError.fromShape(error);
  await waitUntilListening(waiting);
}

/** Lets a daemon see whether it could start, with its settings and native parts, and end. */
export async function tryOut(waiting: Waiting, script: string): Promise<void> {
  const word = await firstWord(spawnDaemon(waiting.paths, { script, way: '--check' }), waiting);
  if (word === 'ready') return;
  const error = word === null ? null : readError(word);
  throw error === null
    ? startFailed('the older one goes on, for this one did not come up', { paths: waiting.paths })
    : GhostError.fromShape(error);
}

function spawnDaemon(
  paths: Paths,
  { script, way = '--persist' }: { readonly script: string; readonly way?: '--persist' | '--check' },
): ChildProcess {
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

/** Whether this program is ghost's single executable, and not one of somebody who uses the library. */
function isSingleExecutable(): boolean {
  if (!isSea()) return false;
  try {
    getRawAsset('dist/daemon.cjs');
    return true;
  } catch {
    return false;
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
    if (patience.isOver) reject(startFailed(`it is not ready after ${readyMs / 1000} s`, { paths }));
  }, lookEveryMs);
  let text = '';
  stdout.setEncoding('utf8');
  stdout.on('data', (chunk: string) => {
    text += chunk;
    const [line, rest] = text.split('\n', 2);
    if (line !== undefined && rest !== undefined) resolve(line);
  });
  child.once('error', (error) => reject(startFailed(`${process.execPath} cannot be run`, { cause: error })));
  child.once('close', (code, signal) => {
    if (signal === null) reject(startFailed(`it ended with ${code}`, { paths }));
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
    throw startFailed(`its log ${path} cannot be opened`, { cause: error });
  }
}

/** Beside the bundle; from the source, which only tests run, in `dist`. */
export function ownDaemonScript(): string {
  const beside = join(import.meta.dirname, 'daemon.cjs');
  const script = existsSync(beside) ? beside : join(import.meta.dirname, '..', '..', 'dist', 'daemon.cjs');
  if (!existsSync(script)) throw startFailed(`${script} is not there`);
  return script;
}

/** @param options.paths where its log may tell more. */
export function startFailed(
  why: string,
  { cause, paths }: { readonly cause?: unknown; readonly paths?: Paths } = {},
): GhostError {
  const reason = cause instanceof Error ? `${why}: ${cause.message}` : why;
  return new GhostError('daemon-start-failed', `the daemon could not be started: ${reason}`, {
    ...(paths === undefined ? {} : { hint: `tail ${paths.daemonLog}` }),
    ...(cause === undefined ? {} : { cause }),
  });
}
