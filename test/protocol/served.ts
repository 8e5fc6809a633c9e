import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Peer, type Server, type ServerOptions, startServer } from '../../src/daemon/server.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import type { DaemonStatus } from '../../src/protocol/answers.ts';
import { ClientConnection, type ClientConnectionOptions } from '../../src/protocol/client-connection.ts';
import { encodeFrame, FrameDecoder } from '../../src/protocol/frame.ts';
import type { Handlers } from '../../src/protocol/handlers.ts';
import { frameBytesMax, protocolVersion } from '../../src/protocol/limits.ts';
import type { DaemonMessage, ResultOf } from '../../src/protocol/messages.ts';

/** A server with made-up handlers on a real socket in a folder of its own, and clients for it. */
interface Served extends AsyncDisposable {
  readonly folder: string;
  readonly socketPath: string;
  readonly server: Server;
  readonly refused: readonly Peer[];
  readonly internalErrors: readonly unknown[];
  connect(options?: Partial<ClientConnectionOptions>): Promise<ClientConnection>;
  connectRaw(): Promise<RawClient>;
}

export async function serve(handlers: Partial<Handlers> = {}, options: Partial<ServerOptions> = {}): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'ghost-wire-'));
  const socketPath = join(folder, 'ghost.sock');
  const refused: Peer[] = [];
  const internalErrors: unknown[] = [];
  const sockets: Socket[] = [];
  const server = await startServer({
    socketPath,
    handlers: fakeHandlers(handlers),
    peerOf: () => ({ uid: process.getuid?.() ?? 0, pid: process.pid }),
    onRefused: (peer) => refused.push(peer),
    onInternalError: (error) => internalErrors.push(error),
    commandLineOf: (pid) => `command line of ${pid}`,
    ...options,
  });
  const open = async (): Promise<Socket> => {
    const socket = connect(socketPath);
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return socket;
  };
  return {
    folder,
    socketPath,
    server,
    refused,
    internalErrors,
    connect: async (more = {}) =>
      new ClientConnection(await open(), { program: 'test 1', pid: process.pid, terminal: null, ...more }),
    connectRaw: async () => new RawClient(await open()),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await server.close({ graceMs: 1_000 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const greeting = { kind: 'hello', protocol: protocolVersion, program: 'raw 1', pid: 1, terminal: null };

/** Speaks the wire without any of the client's manners. */
export class RawClient {
  readonly socket: Socket;
  readonly #messages: DaemonMessage[] = [];
  readonly #decoder = new FrameDecoder({ bytesMax: frameBytesMax, from: 'anybody' });
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      for (const message of this.#decoder.push(chunk)) this.#messages.push(message as DaemonMessage);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  send(...messages: readonly unknown[]): void {
    const frames = messages.map((message) => encodeFrame(message, { bytesMax: frameBytesMax }));
    this.socket.write(Buffer.concat(frames));
  }

  /** The next message, or null when the connection is closed and there is none. */
  async next(): Promise<DaemonMessage | null> {
    while (this.#messages.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#messages.shift() ?? null;
  }

  /** Everything until the daemon closes the connection. */
  async rest(): Promise<readonly DaemonMessage[]> {
    const messages = [];
    for (let message = await this.next(); message !== null; message = await this.next()) messages.push(message);
    return messages;
  }
}

export function fakeHandlers(handlers: Partial<Handlers> = {}): Handlers {
  const refuse = (operation: string) => async (): Promise<never> => {
    throw new Error(`nobody expected ${operation}`);
  };
  const refuseStream = (operation: string) =>
    async function* (): AsyncGenerator<never, never, void> {
      yield await refuse(operation)();
      throw new Error('unreachable');
    };
  return {
    ping: async () => ({}),
    status: async () => fakeStatus,
    run: refuse('run'),
    restart: refuse('restart'),
    list: async () => listed([]),
    show: refuse('show'),
    stop: refuse('stop'),
    signal: refuse('signal'),
    wait: refuse('wait'),
    prune: refuse('prune'),
    shutdown: refuse('shutdown'),
    history: refuse('history'),
    historyStats: refuse('historyStats'),
    environment: refuse('environment'),
    rename: refuse('rename'),
    tag: refuse('tag'),
    redact: refuse('redact'),
    log: refuseStream('log'),
    watch: refuseStream('watch'),
    audit: refuseStream('audit'),
    verify: refuseStream('verify'),
    rebuild: refuseStream('rebuild'),
    table: refuseStream('table'),
    ...handlers,
  };
}

export const fakeStatus: DaemonStatus = {
  pid: process.pid,
  version: '0.0.0',
  protocol: protocolVersion,
  startedAt: '2026-01-01T00:00:00.000Z',
  uptimeMs: 1,
  tasksRunning: 2,
  tasksTotal: 3,
  events: 7,
  journalBytes: 0,
  logBytes: 0,
  memoryBytes: 0,
  home: '/home',
  socket: '/socket',
};

/** What `list` is asked for: all, or what is shown without any option. */
export const listAll = { states: null, all: true, at: null, after: 0 } as const;
export const listNow = { ...listAll, all: false } as const;

/** What `log` is asked for by one who follows all of it, besides the task. */
export const followWhole = {
  streams: 'both',
  follow: true,
  lines: null,
  cursor: null,
  before: null,
  since: null,
  until: null,
  batches: false,
} as const;

/** What `audit` is asked for by one who follows every event. */
export const auditAll = {
  after: 0,
  before: null,
  tasks: null,
  types: null,
  since: null,
  until: null,
  actor: null,
  last: null,
  follow: true,
} as const;

/** The answer of `list` where one page holds it all. */
export function listed(tasks: readonly TaskView[]): ResultOf<'list'> {
  return { tasks, next: null };
}

export function fakeTask(id: number): TaskView {
  return {
    id,
    uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    name: null,
    tags: [],
    state: 'running',
    command: ['sleep', '1'],
    cwd: '/',
    pid: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    exitCode: null,
    signal: null,
    reason: null,
  };
}

/** A stream read to its end. */
export async function readAll<Item, End>(
  stream: AsyncGenerator<Item, End, void>,
): Promise<{ readonly items: readonly Item[]; readonly result: End }> {
  const items: Item[] = [];
  for (;;) {
    const step = await stream.next();
    if (step.done === true) return { items, result: step.value };
    items.push(step.value);
  }
}

/** What a promise was rejected with, as `promise.catch(asError)`. */
export function asError(error: unknown): GhostError {
  if (error instanceof GhostError) return error;
  throw error;
}

/** ... and its code. */
export function codeOf(error: unknown): string {
  return asError(error).code;
}

/** A promise that a test settles, and whether somebody waits for it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
