import { renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { dirname } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { hasCode } from '../error-code.ts';
import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import type { Actor } from '../journal/events.ts';
import { makePrivateFolder } from '../private-folder.ts';
import { DaemonConnection } from '../protocol/daemon-connection.ts';
import { encodeFrame } from '../protocol/frame.ts';
import type { Handlers } from '../protocol/handlers.ts';
import { faultLingerMs, frameBytesMax } from '../protocol/limits.ts';
import type { DaemonMessage, Hello } from '../protocol/messages.ts';
import { checkSocketFolder, socketUnusable } from '../socket-folder.ts';
import { unfinishedBeside } from '../unfinished-files.ts';
import { version } from '../version.ts';

export interface Peer {
  readonly uid: number;
  readonly pid: number;
}

export interface ServerOptions {
  readonly socketPath: string;
  readonly handlers: Handlers;
  /** The kernel's word for who is at the other end; null where the platform cannot tell, and the modes must do. */
  readonly peerOf: (socket: Socket) => Peer | null;
  /** Whether so many files are open that the rest is for the tasks. */
  readonly isTooMany?: (socket: Socket) => boolean;
  /** A peer of another uid was turned away. */
  readonly onRefused: (peer: Peer) => void;
  readonly onInternalError: (error: unknown) => void;
  /** What is said of an error that is no fault of ghost's, but of what it stands on; null where it is one. */
  readonly explain?: (error: unknown) => GhostError | null;
  /** A process's command line as the kernel tells it, or null where it cannot be read. */
  readonly commandLineOf: (pid: number) => string | null;
}

/** Where the daemon is reached. */
export interface Server extends AsyncDisposable {
  /** Whether the file at the socket's path is still the one that this server listens on. */
  isInPlace(): boolean;
  /** Listens anew at the same path, after somebody removed or replaced the file. Connections go on. */
  rebind(): Promise<void>;
  /**
   * Takes no more connections, removes its socket, lets the answers that are ready go out and ends every connection;
   * one that has not taken its answers after `graceMs` is cut.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Listens on a Unix socket. The file is 0600 from the moment it exists, and is bound under another name in the same
 * folder and renamed into place: there is no moment without a socket where one was before, nothing to clean after a
 * crash, and two servers never remove each other's. The caller holds the daemon's lock.
 * @throws GhostError `socket-path-unusable`.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const server = new SocketServer(options);
  await server.rebind();
  return server;
}

interface Listener {
  readonly server: NetServer;
  readonly file: { readonly dev: number; readonly ino: number };
}

const disposeGraceMs = 1_000;
/** How long a listener that was replaced still admits those who are in its queue. */
const retireMs = 1_000;
/** Temporary names are used again after so many, so that they stay short enough for a socket. */
export const bindsMax = 1_000;

class SocketServer implements Server {
  readonly #options: ServerOptions;
  readonly #connections = new Set<DaemonConnection>();
  #listener: Listener | null = null;
  readonly #retired = new Set<Listener>();
  #binds = 0;
  #rebinding: Promise<void> | null = null;
  #closing = false;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  isInPlace(): boolean {
    const file = fileAt(this.#options.socketPath);
    return file !== null && this.#listener !== null && isSameFile(file, this.#listener.file);
  }

  async rebind(): Promise<void> {
    if (this.#closing) return;
    this.#rebinding ??= this.#bind().finally(() => (this.#rebinding = null));
    await this.#rebinding;
  }

  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#closing = true;
    await this.#rebinding?.catch(() => undefined);
    if (this.isInPlace()) rmSync(this.#options.socketPath, { force: true });
    for (const { server } of [...this.#retired, ...(this.#listener === null ? [] : [this.#listener])]) server.close();
    this.#listener = null;
    const cut = setTimeout(() => this.#cutAll(), graceMs);
    await Promise.all([...this.#connections].map((connection) => connection.close()));
    clearTimeout(cut);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ graceMs: disposeGraceMs });
  }

  async #bind(): Promise<void> {
    const { socketPath } = this.#options;
    prepareFolder(socketPath);
    const previous = this.#listener;
    if (previous === null) for (const left of unfinishedBeside(socketPath)) rmSync(left, { force: true });
    this.#listener = await this.#listen(temporaryPath(socketPath, { pid: process.pid, bind: this.#binds++ }));
    if (previous !== null) this.#retire(previous);
  }

  /**
   * Closes a listener once those who had connected to it are admitted; its connections go on. Closing also unlinks the
   * name that it was bound under, which is why each has a name of its own.
   */
  #retire(listener: Listener): void {
    this.#retired.add(listener);
    const close = (): void => {
      this.#retired.delete(listener);
      listener.server.close();
    };
    setTimeout(close, retireMs).unref();
  }

  async #listen(path: string): Promise<Listener> {
    const server = createServer((socket) => this.#admit(socket));
    const listening = Promise.withResolvers<void>();
    server.once('listening', listening.resolve);
    server.once('error', listening.reject);
    const umask = process.umask(0o177);
    try {
      // Node binds a path before it returns (and only then tells), so that no other file is made under this mask.
      server.listen(path);
    } finally {
      process.umask(umask);
    }
    try {
      await listening.promise;
      const { dev, ino } = statSync(path);
      passCrashPoint('daemon.bound');
      renameSync(path, this.#options.socketPath);
      server.on('error', this.#options.onInternalError);
      return { server, file: { dev, ino } };
    } catch (error) {
      server.close();
      throw socketUnusable(this.#options.socketPath, { why: messageOf(error) });
    }
  }

  #admit(socket: Socket): void {
    const { handlers, peerOf, isTooMany = () => false, onRefused, onInternalError, commandLineOf } = this.#options;
    const { explain = () => null } = this.#options;
    if (this.#closing) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    if (peer !== null && peer.uid !== process.getuid?.()) {
      const message = `this daemon belongs to another user; uid ${peer.uid} is refused`;
      const hint = 'run ghost as the user whose tasks you want to see';
      refuse(socket, new GhostError('permission-refused', message, { hint }));
      onRefused(peer);
      return;
    }
    if (isTooMany(socket)) {
      const message = 'the daemon has too many files open to take one more client; tasks go on';
      const hint = 'ghost shutdown; ulimit -n 65536; ghost list  (once some clients have gone; tasks run on)';
      refuse(socket, new GhostError('daemon-unreachable', message, { hint }));
      return;
    }
    const connection = new DaemonConnection(socket, {
      program: `ghostd ${version}`,
      pid: process.pid,
      handlers,
      actorOf: (hello) => actorOf(hello, { peer, commandLineOf }),
      onInternalError,
      explain,
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  #cutAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

/** What a socket is bound as, the so-manieth time, before it is renamed into its place. */
export function temporaryPath(
  socketPath: string,
  { pid, bind }: { readonly pid: number; readonly bind: number },
): string {
  return `${socketPath}.${pid}.${bind % bindsMax}`;
}

function actorOf(
  { program, terminal }: Hello,
  { peer, commandLineOf }: { peer: Peer | null; commandLineOf: ServerOptions['commandLineOf'] },
): Actor {
  return {
    kind: 'client',
    uid: peer?.uid ?? null,
    // The pid in the hello is only the client's own word.
    pid: peer?.pid ?? null,
    client: program,
    terminal,
    commandLine: peer === null ? null : commandLineOf(peer.pid),
  };
}

/** Tells a peer why, and reads nothing of what it sends. */
function refuse(socket: Socket, error: GhostError): void {
  socket.on('error', () => undefined);
  socket.end(
    encodeFrame({ kind: 'fault', error: error.toShape() } satisfies DaemonMessage, { bytesMax: frameBytesMax }),
  );
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), faultLingerMs);
  socket.on('close', () => clearTimeout(cut));
}

function prepareFolder(socketPath: string): void {
  try {
    makePrivateFolder(dirname(socketPath));
  } catch (error) {
    throw socketUnusable(socketPath, { why: messageOf(error) });
  }
  checkSocketFolder(socketPath);
}

/** Null as well where nobody gets there any more, because a folder above it was closed or is a link in a circle. */
function fileAt(path: string): Listener['file'] | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (hasCode(error, ['EACCES', 'ELOOP'])) return null;
    throw error;
  }
}

function isSameFile(a: Listener['file'], b: Listener['file']): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
