import { readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { checkDataFolder } from '../data-folder.ts';
import { GhostError } from '../ghost-error.ts';
import type { Paths } from '../paths.ts';
import { ClientConnection } from '../protocol/client-connection.ts';
import { helloTimeoutMs } from '../protocol/limits.ts';
import { quoteWord } from '../shell-quote.ts';
import { checkSocketFolder } from '../socket-folder.ts';
import { callerTerminal } from './caller.ts';
import { Stopwatch } from './stopwatch.ts';

/** What a daemon that listens writes into its data folder. */
interface DaemonFile {
  readonly pid: number;
  readonly socket: string;
  readonly version: string;
}

const fullQueueRetryMs = 50;

/**
 * Connects to the daemon of a data folder; null where there is none. It does not wait for the daemon's hello, so that
 * the first request can go out with the client's own.
 *
 * There is one daemon to a data folder, wherever the environment says that the socket lies: where nobody is at the
 * expected place (a cron job has no runtime folder) the daemon's own word in the data folder tells where it listens.
 * @throws GhostError `daemon-unreachable`, `daemon-stuck`, `data-folder-unusable`, `socket-path-unusable`.
 */
export async function openConnection({
  paths,
  program,
  ...options
}: {
  readonly paths: Paths;
  readonly program: string;
  readonly helloTimeoutMs?: number;
}): Promise<ClientConnection | null> {
  checkDataFolder(paths.home);
  const timeoutMs = options.helloTimeoutMs ?? helloTimeoutMs;
  const onSilence = (): GhostError => stuck(paths);
  const open = async (path: string): Promise<Socket | null> => await openSocket(path, { timeoutMs, onSilence });
  let socket = await open(paths.socket);
  if (socket === null) {
    const elsewhere = readDaemonFile(paths);
    if (elsewhere === null || elsewhere.socket === paths.socket) return null;
    socket = await open(elsewhere.socket);
    if (socket === null) return null;
  }
  return new ClientConnection(socket, {
    program,
    pid: process.pid,
    terminal: callerTerminal(),
    helloTimeoutMs: timeoutMs,
    onSilence,
  });
}

/** Whether somebody takes connections there. It is hung up on at once, without a word. */
export async function isListening(paths: Paths): Promise<boolean> {
  const connection = await openConnection({ paths, program: 'ghost' });
  await connection?.close();
  return connection !== null;
}

/**
 * What the daemon last wrote of itself, or null where there is nothing that can be read. In a folder that was copied it
 * tells of the daemon of the other one, which is not to be asked here: its lock is another file.
 */
export function readDaemonFile({ home, lock: lockPath }: Paths): DaemonFile | null {
  try {
    const content: unknown = JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8'));
    if (typeof content !== 'object' || content === null) return null;
    const { pid, socket, version, lock } = content as Partial<DaemonFile & { readonly lock: number }>;
    if (lock !== undefined && lock !== statSync(lockPath).ino) return null;
    if (typeof pid !== 'number' || typeof socket !== 'string' || typeof version !== 'string') return null;
    return { pid, socket, version };
  } catch {
    return null;
  }
}

/** The error for a daemon that is there and does not answer. */
export function stuck(paths: Paths): GhostError {
  const pid = readDaemonFile(paths)?.pid;
  const who = pid === undefined ? 'the daemon' : `the daemon (pid ${pid})`;
  return new GhostError('daemon-stuck', `${who} is alive and does not answer; no second one is started`, {
    hint:
      pid === undefined
        ? 'pgrep -af ghost  (finds it)'
        : `kill -CONT ${pid} if it was stopped, else kill -9 ${pid}: its tasks go on, and the next command starts another`,
  });
}

async function openSocket(
  path: string,
  { timeoutMs, onSilence }: { timeoutMs: number; onSilence: () => GhostError },
): Promise<Socket | null> {
  if (!checkSocketFolder(path)) return null;
  const waited = new Stopwatch();
  for (;;) {
    const outcome = await tryOpen(path);
    if (typeof outcome !== 'string') return outcome;
    switch (outcome) {
      case 'ENOENT':
      case 'ECONNREFUSED':
      // It was in the queue of a daemon that has just ended.
      case 'ECONNRESET':
        return null;
      case 'EAGAIN':
        // The queue of a daemon that accepts nobody is full: connect(2), unix(7).
        if (waited.elapsedMs > timeoutMs) throw onSilence();
        await delay(fullQueueRetryMs);
        break;
      default:
        throw new GhostError('daemon-unreachable', `the socket ${path} cannot be connected to: ${outcome}`, {
          hint: `ls -l ${quoteWord(path)}`,
        });
    }
  }
}

/** The socket, or the name of the system's error. */
async function tryOpen(path: string): Promise<Socket | string> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const onError = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    // Stays: a daemon that dies at this very moment resets the connection before anybody else listens.
    socket.on('error', onError);
    socket.once('connect', () => resolve(socket));
  });
}
