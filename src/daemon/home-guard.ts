import { type FSWatcher, statSync, watch } from 'node:fs';

import { errorCode } from '../error-code.ts';
import { GhostError } from '../ghost-error.ts';
import type { Paths } from '../paths.ts';
import type { DaemonLog } from './daemon-log.ts';

interface FileId {
  readonly dev: number;
  readonly ino: number;
}

/**
 * Sees to it that the data folder, the lock in it and the journal are still the ones that this daemon opened. Whoever
 * removes or replaces one of them under a running daemon makes room for a second one: this one must then end before it
 * writes anything more, because what it has open is nobody's any more.
 *
 * The lock is watched, since nothing is ever written to it: the loss of its last name is the one thing that happens to
 * it. The rest is looked at before a task is accepted, and whenever the folder changes.
 */
export class HomeGuard implements Disposable {
  readonly #paths: Pick<Paths, 'home' | 'lock' | 'journal'>;
  readonly #files: ReadonlyMap<string, FileId>;
  readonly #onLost: (error: GhostError) => void;
  readonly #watcher: FSWatcher | null;
  #lost: GhostError | null = null;

  /** @param onLost called once. */
  constructor(
    paths: Pick<Paths, 'home' | 'lock' | 'journal'>,
    { log, onLost }: { log: DaemonLog; onLost: (error: GhostError) => void },
  ) {
    this.#paths = paths;
    this.#onLost = onLost;
    const { home, lock, journal } = paths;
    this.#files = new Map([home, lock, journal].map((path) => [path, statSync(path)]));
    this.#watcher = this.#watch(log);
  }

  /** Whether all of it is in its place; where not, `onLost` has been told. */
  holds(): boolean {
    if (this.#lost !== null) return false;
    const missing = [...this.#files].find(([path, file]) => !isFile(path, file))?.[0];
    if (missing === undefined) return true;
    this.#lost = gone(missing, this.#paths);
    this.#onLost(this.#lost);
    return false;
  }

  /** @throws GhostError `data-folder-unusable` where it is not in its place any more. */
  demand(): void {
    if (!this.holds() && this.#lost !== null) throw this.#lost;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }

  #watch(log: DaemonLog): FSWatcher | null {
    const unwatched = (error: unknown): void => {
      log.warn('the lock is not watched; that it is gone is seen at the next task', { error: String(error) });
    };
    try {
      return watch(this.#paths.lock, { persistent: false }, () => {
        this.holds();
      }).on('error', unwatched);
    } catch (error) {
      unwatched(error);
      return null;
    }
  }
}

function isFile(path: string, { dev, ino }: FileId): boolean {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats !== undefined && stats.dev === dev && stats.ino === ino;
  } catch (error) {
    // Closed to its owner for a while, say: then nothing shows that it is another.
    return errorCode(error) !== 'ENOTDIR';
  }
}

function gone(path: string, { home, journal }: Pick<Paths, 'home' | 'journal'>): GhostError {
  const what =
    path === home
      ? `the data folder ${home} was removed or moved`
      : path === journal
        ? `the journal ${path} was removed or replaced`
        : `the lock ${path} was removed, alone or with its folder,`;
  return new GhostError('data-folder-unusable', `${what} while the daemon ran; it ends, and tasks run on`, {
    hint: 'ghost doctor  (says what is left)',
  });
}
