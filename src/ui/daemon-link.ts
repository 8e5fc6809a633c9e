import type { Client } from '../client/api.ts';
import { GhostError } from '../ghost-error.ts';
import type { JournalEvent, SequenceNumber } from '../journal/events.ts';
import { endedShown, knownFrom } from './known-tasks.ts';
import { sayWhy } from './screen-context.ts';
import type { ScreenStore } from './screen-store.ts';
import type { ScreenWorld } from './screen-world.ts';

/** How long events are gathered before they are folded: a change of many tasks is one change of the screen. */
const gatherMs = 25;
/** A daemon that says nothing for so long is as good as lost. */
export const silenceMs = 15_000;
export const knockMs = 5_000;

/**
 * The connection to the daemon: the table as it is, then every event as it is committed. One that is lost is told, and
 * made again only when somebody asks for it: then from the daemon's own table, so that the state is right.
 */
export class DaemonLink implements AsyncDisposable {
  readonly #world: Pick<ScreenWorld, 'connect'>;
  readonly #store: ScreenStore;
  #client: Client | null = null;
  #round = 0;
  /** How often a connection was asked for. */
  opened = 0;
  #gathered: JournalEvent[] = [];
  #timer: NodeJS.Timeout | null = null;
  #knocker: NodeJS.Timeout | null = null;

  constructor(world: Pick<ScreenWorld, 'connect'>, store: ScreenStore) {
    this.#world = world;
    this.#store = store;
  }

  /** @throws GhostError `connection-lost` where there is none. */
  get client(): Client {
    if (this.#client === null) throw new GhostError('connection-lost', 'there is no connection to the daemon');
    return this.#client;
  }

  /** Connects, and starts a daemon where there is none. What goes wrong is shown. */
  async open(): Promise<void> {
    const round = (this.#round += 1);
    this.opened += 1;
    try {
      await this.#close();
      const client = await this.#connect();
      if (round !== this.#round) return await client.close();
      this.#client = client;
      const table = await client.table({ ended: endedShown });
      if (round !== this.#round) return;
      this.#store.dispatch({ type: 'connected', known: knownFrom(table) });
      this.#knock(client, round);
      void this.#watch(client, { round, after: table.seq });
    } catch (error) {
      this.#lose(error, round);
    }
  }

  /** The connection ends by the wish of whoever is at the keyboard, unless another one was asked for meanwhile. */
  async leave(why: string, { opened }: { readonly opened: number }): Promise<void> {
    if (opened !== this.opened) return;
    this.#round += 1;
    await this.#close();
    this.#store.dispatch({ type: 'lost', why });
  }

  /**
   * Something asked in vain: if the daemon is gone, that is shown. Tells whether it is. Where there is no connection
   * nothing is lost: it is being made, or was lost before.
   */
  noticed(error: unknown): boolean {
    if (!isLoss(error)) return false;
    if (this.#client !== null) this.#lose(error, this.#round);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#round += 1;
    await this.#close();
  }

  /**
   * The client makes a lost connection again by itself, but starts no daemon: that one is gone is for the person to see.
   */
  async #connect(): Promise<Client> {
    try {
      return await this.#world.connect({ start: false });
    } catch (error) {
      if (!(error instanceof GhostError) || error.code !== 'daemon-not-running') throw error;
    }
    const starter = await this.#world.connect({ start: true });
    await starter.close();
    return await this.#world.connect({ start: false });
  }

  async #watch(client: Client, { round, after }: { readonly round: number; readonly after: number }): Promise<void> {
    try {
      // The number that the daemon gave with its table.
      for await (const event of client.watch({ after: after as SequenceNumber })) {
        if (round !== this.#round) return;
        this.#gathered.push(event);
        this.#timer ??= setTimeout(() => this.#fold(), gatherMs);
      }
    } catch (error) {
      this.#lose(error, round);
    }
  }

  #fold(): void {
    this.#timer = null;
    const events = this.#gathered;
    this.#gathered = [];
    if (events.length > 0) this.#store.feed({ type: 'committed', events });
  }

  /** A daemon that is stopped or stuck answers nothing and closes nothing. */
  #knock(client: Client, round: number): void {
    this.#knocker = setTimeout(() => {
      const silence = setTimeout(() => {
        this.#lose(new GhostError('daemon-stuck', `the daemon has not answered for ${silenceMs / 1_000} s`), round);
      }, silenceMs);
      client.ping().then(
        () => {
          clearTimeout(silence);
          if (round === this.#round) this.#knock(client, round);
        },
        (error: unknown) => {
          clearTimeout(silence);
          this.#lose(error, round);
        },
      );
    }, knockMs);
  }

  #lose(error: unknown, round: number): void {
    if (round !== this.#round) return;
    this.#round += 1;
    this.#fold();
    this.#store.dispatch({ type: 'lost', why: sayWhy(error) });
    void this.#close();
  }

  async #close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#knocker !== null) clearTimeout(this.#knocker);
    this.#timer = null;
    this.#knocker = null;
    const client = this.#client;
    this.#client = null;
    await client?.close();
  }
}

/** Whether the daemon is gone. */
function isLoss(error: unknown): boolean {
  const codes = ['connection-lost', 'daemon-not-running', 'daemon-unreachable', 'daemon-stuck', 'daemon-stopping'];
  return error instanceof GhostError && codes.includes(error.code);
}
