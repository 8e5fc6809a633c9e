import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { errorCode } from '../error-code.ts';
import { GhostError } from '../ghost-error.ts';
import { type KernelLock, takeKernelLock } from '../journal/database.ts';
import type { Paths } from '../paths.ts';
import { unfinishedBeside } from '../unfinished-files.ts';

/** A daemon that is ending has given up its socket and holds the lock only until its journal is closed. */
const endingWaitMs = 5_000;
/** A process that was killed frees the lock when its last thread is gone, a moment after it seems to be dead. */
const killedWaitMs = 500;
const endingPollMs = 25;

/** What `daemon.json` says of the daemon that serves a data folder, for clients whose socket path differs. */
interface DaemonCard {
  readonly pid: number;
  readonly socket: string;
  readonly version: string;
}

/**
 * Becomes the daemon of a data folder, or says who is. The lock is the kernel's, freed by whatever ends this process.
 * @throws GhostError `daemon-already-running`.
 */
export async function becomeTheDaemon(paths: Paths): Promise<KernelLock> {
  const begun = performance.now();
  for (;;) {
    const lock = takeKernelLock(paths.lock);
    if (lock !== null) return lock;
    const card = readCard(paths);
    if (performance.now() - begun > (card === null ? endingWaitMs : killedWaitMs)) {
      const who = card === null ? 'another daemon' : `the daemon ${card.pid}`;
      throw new GhostError('daemon-already-running', `${who} serves ${paths.home}`, { hint: 'ghost status' });
    }
    await new Promise((resolve) => setTimeout(resolve, endingPollMs));
  }
}

/**
 * Says that this daemon serves the folder from now on. With it goes which file its lock is: a copy of the folder has the
 * same card and another lock, and must not be served by this daemon. To be called by the holder of the lock alone.
 */
export function writeCard(paths: Paths, card: DaemonCard): void {
  const temporary = `${cardPath(paths)}.${card.pid}`;
  const lock = statSync(paths.lock).ino;
  for (const left of unfinishedBeside(cardPath(paths))) rmSync(left, { force: true });
  writeFileSync(temporary, `${JSON.stringify({ ...card, lock })}\n`, { mode: 0o600, flag: 'wx' });
  passCrashPoint('daemon.card-written');
  renameSync(temporary, cardPath(paths));
}

/** To be called by the holder of the lock alone. */
export function removeCard(paths: Paths): void {
  rmSync(cardPath(paths), { force: true });
}

function cardPath({ home }: Paths): string {
  return join(home, 'daemon.json');
}

function readCard(paths: Paths): { readonly pid: number } | null {
  try {
    const card = JSON.parse(readFileSync(cardPath(paths), 'utf8')) as unknown;
    return typeof card === 'object' && card !== null && 'pid' in card && typeof card.pid === 'number'
      ? { pid: card.pid }
      : null;
  } catch (error) {
    // Not there, or being written at this moment by somebody who will be asked again.
    if (error instanceof SyntaxError || errorCode(error) !== null) return null;
    throw error;
  }
}
