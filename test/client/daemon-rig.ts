import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Client } from '../../src/client/api.ts';
import { connectClient } from '../../src/client/client.ts';
import { type Server, startServer } from '../../src/daemon/server.ts';
import { type Paths, resolvePaths } from '../../src/paths.ts';
import type { Handlers } from '../../src/protocol/handlers.ts';
import { fakeHandlers } from '../protocol/served.ts';

/** A data folder, daemons in it that are made up in this process, and clients that start and lose them. */
export class DaemonRig implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'ghost-client-'));
  readonly paths: Paths = resolvePaths({ GHOST_HOME: this.home });
  /** How often a client has started a daemon. */
  starts = 0;
  readonly #handlersOf: (generation: number, rig: DaemonRig) => Partial<Handlers>;
  readonly #clients: Client[] = [];
  #server: Server | null = null;

  /** @param handlersOf what the first, second, ... daemon answers. */
  constructor(handlersOf: (generation: number, rig: DaemonRig) => Partial<Handlers> = () => ({})) {
    this.#handlersOf = handlersOf;
  }

  /** @param options.startDaemon how a daemon is started; left out: by `start`. */
  async connect({
    startDaemon = async () => await this.start(),
    ...options
  }: { readonly start?: boolean; readonly startDaemon?: () => Promise<void> } = {}): Promise<Client> {
    const client = await connectClient({
      ...options,
      home: this.home,
      loadStarter: async () => ({
        startDaemon,
        meetOtherVersion: async () => null,
      }),
    });
    this.#clients.push(client);
    return client;
  }

  async start(): Promise<void> {
    this.starts++;
    this.#server = await startServer({
      socketPath: this.paths.socket,
      handlers: fakeHandlers(this.#handlersOf(this.starts, this)),
      peerOf: () => null,
      onRefused: () => undefined,
      onInternalError: (error) => {
        throw error;
      },
      commandLineOf: () => null,
    });
    this.writeDaemonFile(this.paths.socket);
  }

  writeDaemonFile(socket: string): void {
    writeFileSync(join(this.home, 'daemon.json'), JSON.stringify({ pid: process.pid, socket, version: '0.0.0' }));
  }

  /** Ends the daemon under its clients: their connections are gone before it has answered. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.close({ graceMs: 0 });
  }

  /** The same from within a handler, which thereby never answers. */
  async killUnanswered(signal: AbortSignal): Promise<never> {
    void this.kill();
    return await never(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.kill();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** What never comes, until the daemon goes. */
export async function never(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  throw new Error('the connection is gone');
}
