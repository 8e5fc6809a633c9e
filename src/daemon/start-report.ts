import { renameSync, rmSync, writeFileSync } from 'node:fs';

import type { Paths } from '../paths.ts';
import { type StartProgress, startProgressPath } from '../start-progress.ts';
import { unfinishedBeside } from '../unfinished-files.ts';
import type { DaemonLog } from './daemon-log.ts';

/** A start that takes no longer than this has nothing to report: that is every one but the first of a newer version. */
const quietMs = 250;
/** How often it is written how far it has come. */
const writtenEveryMs = 100;

/** Tells those who wait for this daemon what it is busy with before it listens. */
export class StartReport implements Disposable {
  readonly #paths: Paths;
  readonly #log: DaemonLog;
  #dueAt = performance.now() + quietMs;
  #failed = false;

  /** To be made by the holder of the lock alone. What a daemon that was killed has left goes. */
  constructor(paths: Paths, log: DaemonLog) {
    this.#paths = paths;
    this.#log = log;
    for (const left of unfinishedBeside(startProgressPath(paths))) rmSync(left, { force: true });
    this[Symbol.dispose]();
  }

  /** Cheap where it was told a moment ago. */
  note(progress: Omit<StartProgress, 'pid'>): void {
    if (performance.now() < this.#dueAt || this.#failed) return;
    this.#dueAt = performance.now() + writtenEveryMs;
    const path = startProgressPath(this.#paths);
    const temporary = `${path}.${process.pid}`;
    try {
      writeFileSync(temporary, `${JSON.stringify({ pid: process.pid, ...progress })}\n`, { mode: 0o600 });
      renameSync(temporary, path);
    } catch (error) {
      // On a full disk, say. The start itself does not need it.
      this.#failed = true;
      rmSync(temporary, { force: true });
      this.#log.warn('how far the start has come cannot be told', { error: String(error) });
    }
  }

  [Symbol.dispose](): void {
    rmSync(startProgressPath(this.#paths), { force: true });
  }
}
