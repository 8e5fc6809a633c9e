import { setTimeout as delay } from 'node:timers/promises';

import { GhostError } from '../ghost-error.ts';
import type { Paths } from '../paths.ts';
import type { ClientConnection } from '../protocol/client-connection.ts';
import { sourceVersion, version } from '../version.ts';
import { openConnection, readDaemonFile } from './connector.ts';
import { Stopwatch } from './stopwatch.ts';

export interface SessionOptions {
  readonly paths: Paths;
  readonly program: string;
  /** Whether to start a daemon where none runs. */
  readonly start: boolean;
  readonly loadStarter: () => Promise<Starter>;
  /** Told where the daemon is not of this ghost's version, before anything is asked of it. */
  readonly onVersionNews?: (news: VersionNews) => Promise<void>;
}

/** What starts daemons, `start-daemon.ts`: loaded when one is to be started. */
export interface Starter {
  readonly startDaemon: (paths: Paths) => Promise<void>;
  readonly meetOtherVersion: (paths: Paths) => Promise<VersionNews | null>;
}

/** What there is to say where the daemon was of another version than this ghost. */
export type VersionNews =
  /** It was older, and one of this version has taken its place; `tasksRunning` is null where it could not say. */
  | { readonly kind: 'replaced'; readonly daemon: string; readonly own: string; readonly tasksRunning: number | null }
  /** It is newer, and stays. */
  | { readonly kind: 'newer'; readonly daemon: string; readonly own: string };

/** Connections that brought nothing, in a row, before it is given up. */
export const fruitlessAttemptsMax = 8;
/**
 * The same for who only waits (for an end, for more output), which cannot be what ended so many daemons: with the pauses in
 * between, a quarter of an hour in which no connection brought anything.
 */
export const waitingAttemptsMax = 1_000;
export const firstPauseMs = 10;
export const pauseMsMax = 1_000;
/** A connection that held for so long was a good one, whatever came over it. */
const fruitfulAfterMs = 5_000;
/** How long a daemon that says that it is about to end is given for it, and how often it is asked. */
const stoppingTimeoutMs = 15_000;
const stoppingPauseMs = 100;

/** A connection to the daemon that is made again when it is lost, by whoever asks next. */
export class Session {
  readonly #options: SessionOptions;
  #connection: ClientConnection | null = null;
  #opening: Promise<ClientConnection> | null = null;
  #closed = false;
  #hasToldOfVersions = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /**
   * The connection, made where there is none or the last one is gone, with a daemon started where there is none.
   * @throws GhostError `daemon-not-running` where none is to be started; why none can be reached or started.
   */
  async connection(): Promise<ClientConnection> {
    if (this.#closed) throw closedError();
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return await this.#opening;
  }

  /** The daemon's connection where there is one, starting none; null where nobody answers. */
  async existingConnection(): Promise<ClientConnection | null> {
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#connection = await openConnection(this.#options);
    return this.#connection;
  }

  /**
   * Asks over the connection, and when that is lost over the next one, until there is an answer. A
   * limited number of attempts is made.
   * @throws GhostError what the daemon answers; `daemon-unreachable` when it was given up.
   */
  async persist<T>(
    ask: (connection: ClientConnection) => Promise<T>,
    { attemptsMax = fruitlessAttemptsMax }: { readonly attemptsMax?: number } = {},
  ): Promise<T> {
    const attempts = new Attempts({ max: attemptsMax });
    for (;;) {
      const held = new Stopwatch();
      try {
        return await ask(await this.connection());
      } catch (error) {
        await this.recover(error, { attempts, held });
      }
    }
  }

  /** Returns when it is worth to ask again, and throws the error where it is not. */
  async recover(error: unknown, { attempts, held }: { attempts: Attempts; held: Stopwatch }): Promise<void> {
    if (this.#closed || !isLoss(error)) throw error;
    if (held.elapsedMs > fruitfulAfterMs) attempts.startOver();
    await attempts.pause(error);
  }

  /** Ends the connection and makes no other. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening?.catch(() => undefined);
    await this.#connection?.close();
  }

  async #open(): Promise<ClientConnection> {
    const { paths, start, loadStarter } = this.#options;
    const attempts = new Attempts();
    if (start) await this.#meetOtherVersion();
    let connection = await openConnection(this.#options);
    while (connection === null) {
      if (!start) throw notRunning(paths);
      const { startDaemon } = await loadStarter();
      await startDaemon(paths);
      connection = await openConnection(this.#options);
      // It was killed in between, say.
      if (connection === null) await attempts.pause(notRunning(paths));
    }
    this.#connection = connection;
    if (!this.#closed) return connection;
    await connection.close();
    throw closedError();
  }

  /** Before anything is asked: a daemon of an older version may not know what is asked, and is replaced. */
  async #meetOtherVersion(): Promise<void> {
    const { paths, loadStarter, onVersionNews } = this.#options;
    const daemon = readDaemonFile(paths)?.version ?? version;
    if (daemon === version || version === sourceVersion) return;
    const news = await (await loadStarter()).meetOtherVersion(paths);
    if (news === null || this.#hasToldOfVersions) return;
    this.#hasToldOfVersions = true;
    await onVersionNews?.(news);
  }
}

/** Counts what was in vain, and waits a little longer after each. */
export class Attempts {
  readonly #max: number;
  #fruitless = 0;
  #stopping: Stopwatch | null = null;

  constructor({ max = fruitlessAttemptsMax }: { readonly max?: number } = {}) {
    this.#max = max;
  }

  /** There was progress. */
  startOver(): void {
    this.#fruitless = 0;
    this.#stopping = null;
  }

  /** @throws GhostError `daemon-unreachable` when there were enough, or the daemon's own `daemon-stopping`. */
  async pause(cause: unknown): Promise<void> {
    if (cause instanceof GhostError && cause.code === 'daemon-stopping') {
      this.#stopping ??= new Stopwatch();
      if (this.#stopping.elapsedMs > stoppingTimeoutMs) throw cause;
      return await delay(stoppingPauseMs);
    }
    this.#fruitless++;
    if (this.#fruitless >= this.#max) {
      const message = `the daemon was lost ${this.#max} times in a row before it had answered`;
      throw new GhostError('daemon-unreachable', message, {
        hint: 'look into daemon.log in the data folder',
        cause,
      });
    }
    // The first time at once: a daemon that was killed is followed by one that works.
    if (this.#fruitless > 1) await delay(Math.min(firstPauseMs * 2 ** (this.#fruitless - 1), pauseMsMax));
  }
}

/** What the next daemon may answer although this one did not. */
function isLoss(error: unknown): boolean {
  return error instanceof GhostError && (error.code === 'connection-lost' || error.code === 'daemon-stopping');
}

function notRunning({ home }: Paths): GhostError {
  return new GhostError('daemon-not-running', `no daemon is running for ${home}`, {
    hint: 'ghost list  (it starts one, as every command does that needs it)',
  });
}

function closedError(): GhostError {
  return new GhostError('connection-lost', 'this client was closed');
}
