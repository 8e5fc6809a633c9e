import { GhostError } from '../ghost-error.ts';
import type { JournalEvent } from '../journal/events.ts';
import { resolvePaths } from '../paths.ts';
import type { LogBatch, LogChunk, LogEnd, ShutdownResult } from '../protocol/answers.ts';
import type { ClientConnection } from '../protocol/client-connection.ts';
import type { LogCursor, TaskReference } from '../protocol/messages.ts';
import { version } from '../version.ts';
import type { Client, ConnectOptions, LogOptions, PruneOptions, RunRequest } from './api.ts';
import { callerEnvironment, callerOpenFilesSoftLimit, callerUmask } from './caller.ts';
import { leaveStream } from './leave-stream.ts';
import { chunksOf, lastCursorOf } from './log-chunks.ts';
import { waitForEnd } from './process-end.ts';
import { RecordsClient } from './records-client.ts';
import { newRequestId } from './request-id.ts';
import { Attempts, Session, type SessionOptions, waitingAttemptsMax } from './session.ts';
import { Stopwatch } from './stopwatch.ts';

interface ConnectClientOptions extends ConnectOptions {
  /** Where the paths are read from; left out: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How the part that starts a daemon is loaded, when it comes to that. */
  readonly loadStarter: SessionOptions['loadStarter'];
  /** Told where the daemon was, or is, of another version. */
  readonly onVersionNews?: SessionOptions['onVersionNews'];
}

const defaultGraceMs = 10_000;

/**
 * A client of the daemon of a data folder. The connection is made (and a daemon started) before it settles, but the
 * daemon's hello is not waited for.
 * @throws GhostError `daemon-not-running` with `start: false`; `daemon-unreachable`, `daemon-start-failed`, ...
 */
export async function connectClient({
  home,
  start = true,
  program = `ghost-journal ${version}`,
  environment = process.env,
  loadStarter,
  onVersionNews,
}: ConnectClientOptions): Promise<Client> {
  // A socket that the environment names belongs to the data folder that the environment names.
  const paths = resolvePaths(
    home === undefined ? environment : { ...environment, GHOST_HOME: home, GHOST_SOCKET: undefined },
  );
  const session = new Session({
    paths,
    program,
    start,
    loadStarter,
    ...(onVersionNews === undefined ? {} : { onVersionNews }),
  });
  await session.connection();
  return new DaemonClient(session);
}

class DaemonClient extends RecordsClient implements Client {
  async run({ command, cwd, environment, name, tags, timeoutMs, umask }: RunRequest) {
    return await this.request('run', {
      requestId: newRequestId(),
      command,
      cwd: cwd ?? process.cwd(),
      environment: environment ?? callerEnvironment(),
      umask: umask ?? callerUmask(),
      openFilesSoftLimit: callerOpenFilesSoftLimit(),
      name: name ?? null,
      tags: tags ?? [],
      timeoutMs: timeoutMs ?? null,
    });
  }

  async restart(task: TaskReference) {
    return await this.request('restart', { requestId: newRequestId(), task });
  }

  async stop(task: TaskReference, { graceMs = defaultGraceMs }: Parameters<Client['stop']>[1] = {}) {
    return await this.request('stop', { requestId: newRequestId(), task: await this.pin(task), graceMs });
  }

  async signal(task: TaskReference, signal: string) {
    return await this.request('signal', { requestId: newRequestId(), task: await this.pin(task), signal });
  }

  async wait(tasks: readonly TaskReference[], { mode = 'all', timeoutMs }: Parameters<Client['wait']>[1] = {}) {
    const waited = new Stopwatch();
    const pinned = tasks.length > 0 ? await this.pinAll(tasks) : await this.#running();
    // None were named and none run: asked without names, the daemon might by now have some that do.
    if (pinned.length === 0) return [];
    return await this.session.persist(
      async (connection) => {
        const remainingMs = timeoutMs === undefined ? null : Math.max(0, Math.ceil(timeoutMs - waited.elapsedMs));
        return await connection.request('wait', { tasks: pinned, mode, timeoutMs: remainingMs });
      },
      { attemptsMax: waitingAttemptsMax },
    );
  }

  /** The numbers of all that run: a page of the list holds only so many. */
  async #running(): Promise<readonly TaskReference[]> {
    const running = await this.list({ states: ['running'] });
    return running.map(({ id }) => String(id));
  }

  async *log(task: TaskReference, options: LogOptions = {}): AsyncGenerator<LogChunk, LogEnd, void> {
    const { streams = 'both', follow = false, lines = null } = options;
    const since = options.since?.toISOString() ?? null;
    const until = options.until?.toISOString() ?? null;
    const pinned = await this.pin(task);
    let cursor: LogCursor | null = options.cursor ?? null;
    let isFresh = true;
    const leaving = new AbortController();
    const items = this.stream({
      open: (connection) =>
        connection.stream(
          'log',
          {
            task: pinned,
            streams,
            follow,
            lines: isFresh ? lines : null,
            cursor,
            before: options.before ?? null,
            since,
            until,
            batches: true,
          },
          { signal: leaving.signal },
        ),
      onItem: (item: LogChunk | LogBatch) => {
        cursor = lastCursorOf(item) ?? cursor;
        isFresh = false;
      },
      attemptsMax: follow ? waitingAttemptsMax : undefined,
    });
    const { signal } = options;
    const leave = (): void => leaving.abort(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted === true) leave();
    try {
      return yield* chunksOf(items, { task: pinned, signal: leaving.signal });
    } finally {
      signal?.removeEventListener('abort', leave);
      // Items are asked for ahead: they are given up, and nobody waits for them.
      leaving.abort();
      void leaveStream(items).catch(() => undefined);
    }
  }

  async *watch({ after }: Parameters<Client['watch']>[0] = {}): AsyncGenerator<JournalEvent, void, void> {
    // Without gaps in the numbers, the count is the last one. From here on a lost connection loses no event.
    let last: number = after ?? (await this.status()).events;
    const batches = this.stream({
      open: (connection) => connection.stream('watch', { after: last }),
      onItem: (batch: readonly JournalEvent[]) => (last = batch.at(-1)?.seq ?? last),
      attemptsMax: waitingAttemptsMax,
    });
    for await (const batch of batches) yield* batch;
  }

  async prune({ endedBefore, keepTasks, maxBytes, tasks, forget = false, dryRun = false }: PruneOptions = {}) {
    return await this.request('prune', {
      requestId: newRequestId(),
      endedBefore: endedBefore?.toISOString() ?? null,
      keepTasks: keepTasks ?? null,
      maxBytes: maxBytes ?? null,
      tasks: tasks === undefined ? null : await this.pinAll(tasks),
      forget,
      dryRun,
    });
  }

  async status() {
    return await this.request('status', {});
  }

  async shutdown({ stopTasks = false, graceMs = defaultGraceMs }: Parameters<Client['shutdown']>[0] = {}) {
    const parameters = { requestId: newRequestId(), stopTasks, graceMs };
    const attempts = new Attempts();
    const { pid, ...first } = await this.session.persist(greeted);
    let connection: ClientConnection = first.connection;
    for (;;) {
      const before = connection.request('status', {}).catch(() => null);
      const held = new Stopwatch();
      try {
        const answer = await connection.request('shutdown', parameters);
        // The answer goes out before the journal is closed; whoever copies the folder next must find it whole.
        await waitForEnd(pid);
        return answer;
      } catch (error) {
        await this.session.recover(error, { attempts, held });
        const next = await this.session.existingConnection();
        // One that is lost before its hello was in the queue of a daemon that has ended.
        const answering = next === null ? null : await greeted(next).catch(() => null);
        if (answering?.pid !== pid) {
          return goneWithoutAWord({ pid, stopTasks, tasksRunning: (await before)?.tasksRunning ?? null });
        }
        connection = answering.connection;
      }
    }
  }

  async ping() {
    await this.request('ping', {});
  }

  async close() {
    await this.session.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

/** Which daemon it is, once it has said so. */
async function greeted(connection: ClientConnection): Promise<{ connection: ClientConnection; pid: number }> {
  const { pid } = await connection.hello;
  return { connection, pid };
}

/** What a shutdown comes to whose daemon ended before it could answer. */
function goneWithoutAWord({
  pid,
  stopTasks,
  tasksRunning,
}: {
  readonly pid: number;
  readonly stopTasks: boolean;
  readonly tasksRunning: number | null;
}): ShutdownResult {
  if (!stopTasks && tasksRunning !== null) return { pid, tasksRunning, tasksStopped: 0 };
  throw new GhostError(
    'connection-lost',
    `the daemon (pid ${pid}) has ended, but did not say what became of its tasks`,
    {
      hint: 'ghost list',
    },
  );
}
