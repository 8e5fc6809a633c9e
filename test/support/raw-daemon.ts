import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { RawClient } from '../protocol/served.ts';
import type { GhostHome } from './ghost-home.ts';
import { procNumber, statOf } from './process-stat.ts';
import { descriptorsOf } from './process-world.ts';
import { until } from './until.ts';

/** A connection to a home's real daemon by a client without manners. */
export async function connectRaw(home: GhostHome): Promise<RawClient> {
  const socket = connect(join(home.path, 'ghost.sock'));
  await once(socket, 'connect');
  return new RawClient(socket);
}

/** A request as it crosses the wire. */
export function request(id: number, operation: string, parameters: unknown) {
  return { kind: 'request', id, operation, parameters };
}

/** Any bytes as one frame. */
export function frameOf(body: Uint8Array): Buffer {
  return Buffer.concat([lengthOf(body.length), body]);
}

/** The beginning of a frame that announces so many bytes. */
export function lengthOf(bytes: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(bytes);
  return header;
}

/** What a daemon may keep for those who harm it, in MiB. Without any bound it would be thousands. */
const keptMebibytesMax = 600;

/** How a daemon was before somebody came to harm it, and whether it is so still. */
export class Wellbeing {
  readonly #home: GhostHome;
  readonly #pid: number;
  readonly #list: string;
  readonly #events: number;
  readonly #descriptors: number;
  readonly #mebibytes: number;

  private constructor(home: GhostHome, { pid, list }: { readonly pid: number; readonly list: string }) {
    this.#home = home;
    this.#pid = pid;
    this.#list = list;
    this.#events = home.events().length;
    this.#descriptors = descriptorsOf(pid).length;
    this.#mebibytes = mebibytesOf(pid);
  }

  static async of(home: GhostHome): Promise<Wellbeing> {
    // What it opens once and keeps, to read beside its writer, is open then.
    await home.ok(['audit']);
    const list = await home.ok(['list', '--all', '--json']);
    return new Wellbeing(home, { list, pid: await until('a daemon', () => home.daemonPid()) });
  }

  /** What is wrong while the harm goes on: an ordinary client is to be answered as before, and not much to be held. */
  async complaints(): Promise<readonly string[]> {
    const list = await this.#home.ok(['list', '--all', '--json']);
    return [...(list === this.#list ? [] : [`it answers otherwise: ${list}`]), ...this.#memory()];
  }

  /** The same once it has done all that it does about the harm, or holds too much already. */
  async complaintsAtRest(): Promise<readonly string[]> {
    let before = -1;
    let looks = 0;
    await until('it is at rest', () => {
      const ticks = statOf(this.#pid).ticks;
      looks = ticks === before ? looks + 1 : 0;
      before = ticks;
      return looks >= looksAtRest || this.#memory().length > 0;
    });
    return await this.complaints();
  }

  /** What is wrong after it: besides, nothing is to be recorded, and all that of `complaintsOverRest`. */
  async complaintsAfter(): Promise<readonly string[]> {
    const more = this.#home.events().length - this.#events;
    const recorded = more === 0 ? [] : [`${more} events were recorded`];
    return [...(await this.complaints()), ...recorded, ...(await this.complaintsOverRest())];
  }

  /** The same daemon is to have no descriptor left of it all, and to have failed over nothing. */
  async complaintsOverRest(): Promise<readonly string[]> {
    const pid = this.#home.daemonPid();
    if (pid !== this.#pid) return [`it is another daemon: ${pid}`];
    await until('its file descriptors are back', () => descriptorsOf(pid).length <= this.#descriptors);
    return [...this.#memory(), ...errorsLogged(this.#home)];
  }

  #memory(): readonly string[] {
    const more = mebibytesOf(this.#pid) - this.#mebibytes;
    return more < keptMebibytesMax ? [] : [`it holds ${more} MiB more`];
  }
}

/** So many looks in a row at which it had done nothing since the one before. */
const looksAtRest = 30;

/** What the daemon noted as a fault of its own. */
export function errorsLogged(home: GhostHome): readonly string[] {
  const log = readFileSync(join(home.path, 'daemon.log'), 'utf8');
  return log.split('\n').filter((line) => line.includes('"level":"error"'));
}

function mebibytesOf(pid: number): number {
  return procNumber(`${pid}/status`, 'VmRSS') / 1024;
}
