import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

import type { Paths } from '../paths.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { HomeGuard } from './home-guard.ts';
import { LookAgain } from './look-again.ts';
import type { Server } from './server.ts';

/** A folder that is being removed is not to be filled meanwhile: what was first in it is followed by the rest. */
const rebindAfterMs = 50;

/**
 * Sees to it that the daemon can be reached for as long as it lives. Somebody may clean the runtime folder under it, or
 * take the whole folder away, as the system does with /run/user/UID at the last log-out, to make it anew at the next
 * log-in: it then listens there anew, as soon as there is a place.
 *
 * A watch is on the folder that had the path, not on the path, so that each time a new one is opened as well. While all
 * is well nothing wakes up; while something is wrong it is looked at again and again.
 */
export class SocketWatch implements Disposable {
  readonly #server: Pick<Server, 'isInPlace' | 'rebind'>;
  readonly #socket: string;
  readonly #guard: Pick<HomeGuard, 'holds'>;
  readonly #log: DaemonLog;
  readonly #again = new LookAgain(() => this.#look());
  #watcher: FSWatcher | null = null;
  #soon: NodeJS.Timeout | null = null;
  #told: string | null = null;
  #looking = false;
  #disposed = false;

  constructor(
    server: Pick<Server, 'isInPlace' | 'rebind'>,
    { paths, guard, log }: { paths: Pick<Paths, 'socket'>; guard: Pick<HomeGuard, 'holds'>; log: DaemonLog },
  ) {
    this.#server = server;
    this.#socket = paths.socket;
    this.#guard = guard;
    this.#log = log;
    this.#look();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#again[Symbol.dispose]();
    if (this.#soon !== null) clearTimeout(this.#soon);
    this.#endWatch();
  }

  #look(): void {
    if (this.#looking || this.#disposed) return;
    this.#looking = true;
    this.#putRight()
      .then(() => {
        this.#told = null;
        this.#again.startOver();
      })
      .catch((error: unknown) => {
        this.#tell(error);
        if (!this.#disposed) this.#again.later();
      })
      .finally(() => {
        this.#looking = false;
      });
  }

  async #putRight(): Promise<void> {
    // Without its data folder this daemon ends.
    if (!this.#guard.holds()) return;
    if (!this.#server.isInPlace()) {
      this.#endWatch();
      if (this.#told === null) this.#log.warn('the socket was removed; listening anew', { socket: this.#socket });
      await this.#server.rebind();
    }
    if (this.#watcher !== null || this.#disposed) return;
    this.#watcher = this.#watch();
    // What happened while nobody watched.
    if (!this.#server.isInPlace()) throw new Error('it was removed again');
  }

  /** What happens to the folder itself bears the folder's name: inotify(7) says none, and libuv puts that one in. */
  #watch(): FSWatcher {
    const folder = dirname(this.#socket);
    const names = [basename(this.#socket), basename(folder), null];
    const watcher = watch(folder, { persistent: false }, (_, changed) => {
      if (!names.includes(changed) || this.#server.isInPlace()) return;
      this.#soon ??= setTimeout(() => {
        this.#soon = null;
        this.#look();
      }, rebindAfterMs).unref();
    });
    return watcher.on('error', (error) => {
      this.#endWatch();
      this.#tell(error);
      this.#again.later();
    });
  }

  #endWatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  /** Tried again and again, and told once. */
  #tell(error: unknown): void {
    const why = String(error);
    if (why === this.#told || this.#disposed) return;
    this.#told = why;
    this.#log.error('the socket cannot be put back or watched; it is tried again', { error: why });
  }
}
