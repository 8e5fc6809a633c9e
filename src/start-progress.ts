import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Paths } from './paths.ts';

/**
 * What a daemon that starts is busy with before it can listen. An older ghost's journal is copied, its tables are changed,
 * and all of its events are folded into the read models: of millions of them that takes minutes, and who waits for the
 * daemon is to know that it goes on. It lies in the data folder, so that all who wait can read it, whoever started the
 * daemon.
 */
export interface StartProgress {
  readonly pid: number;
  readonly step: StartStep;
  /** How much of it is done, of how much: pages of the copy, migrations, events of the fold. */
  readonly done: number;
  readonly total: number;
}

type StartStep = 'backup' | 'migration' | 'fold';

export function startProgressPath({ home }: Pick<Paths, 'home'>): string {
  return join(home, 'starting.json');
}

/** What the daemon that is starting last wrote, or null where none is: what one that was killed left is nobody's. */
export function readStartProgress(paths: Pick<Paths, 'home'>): StartProgress | null {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(startProgressPath(paths), 'utf8'));
  } catch {
    // Mostly it is not there.
    return null;
  }
  if (typeof content !== 'object' || content === null) return null;
  const { pid, step, done, total } = content as Partial<Record<keyof StartProgress, unknown>>;
  if (typeof pid !== 'number' || typeof done !== 'number' || typeof total !== 'number') return null;
  if (step !== 'backup' && step !== 'migration' && step !== 'fold') return null;
  return isAlive(pid) ? { pid, step, done, total } : null;
}

/** In a sentence, for whoever waits. */
export function startProgressText({ step, done, total }: StartProgress): string {
  const count = (value: number): string => value.toLocaleString('en');
  switch (step) {
    case 'backup':
      return `the journal is being copied before it is brought up to date: ${Math.floor((100 * done) / Math.max(1, total))} %`;
    case 'migration':
      return `the journal is being brought up to date: step ${count(done + 1)} of ${count(total)}`;
    case 'fold':
      return `the journal is being brought up to date: ${count(done)} of ${count(total)} events`;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // It has ended, or is somebody else's by now.
    return false;
  }
}
