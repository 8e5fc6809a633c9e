import { closeSync, constants, lstatSync, openSync, writeFileSync } from 'node:fs';

import { GhostError } from '../ghost-error.ts';
import type { Paths } from '../paths.ts';
import { quoteWord } from '../shell-quote.ts';

/**
 * ghost makes no symbolic links, and one that lies in its folder leads to what is somebody's: nothing is read through it,
 * written, cut or removed. The last part of a path is held by O_NOFOLLOW, the folders before it are looked at. That is
 * enough, since nobody else can change anything in a folder that is 0700.
 */

const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

/** How files of a data folder are opened: as open(2) has it, and ELOOP where they are links. */
export const forReading = O_RDONLY | O_NOFOLLOW;
export const forChanging = O_RDWR | O_NOFOLLOW;
export const forAppending = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW;
export const forWriting = O_WRONLY | O_TRUNC | O_CREAT | O_NOFOLLOW;

/** Makes a file hold this and nothing else, 0600. */
export function writeOwnFile(path: string, text: string): void {
  const descriptor = openSync(path, forWriting, 0o600);
  try {
    writeFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

export function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** @throws GhostError of that code, naming the first of these paths that is a symbolic link. */
export function refuseLinks(paths: readonly string[], code: 'data-folder-unusable' | 'log-unreadable'): void {
  const link = paths.find(isLink);
  if (link === undefined) return;
  throw new GhostError(code, `${link} is a symbolic link, and ghost follows none in its folder`, {
    hint: `ls -l ${quoteWord(link)}  and remove it, or set GHOST_HOME to a folder where there is room`,
  });
}

/** What the daemon opens by name in its data folder. */
export function ownPaths({ journal, lock, daemonLog, tasks, reserve }: Paths): readonly string[] {
  return [journal, `${journal}-wal`, `${journal}-shm`, lock, daemonLog, tasks, reserve];
}
