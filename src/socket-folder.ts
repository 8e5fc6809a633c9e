import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { errorCode } from './error-code.ts';
import { messageOf } from './error-message.ts';
import { GhostError } from './ghost-error.ts';
import { socketPathBytesMax } from './paths.ts';
import { quoteWord } from './shell-quote.ts';

const writableByGroup = 0o020;
const writableByOthers = 0o002;
const sticky = 0o1000;
const elsewhere = 'set GHOST_SOCKET to a path in a folder of your own, or unset XDG_RUNTIME_DIR';

/**
 * Refuses a path that is too long for a socket, and one whose folder somebody else could put another socket into: both
 * sides look before they trust a path, the daemon because it would listen there, the client because it sends its whole
 * environment.
 * @returns whether the folder exists.
 * @throws GhostError `socket-path-unusable`, which says whose it is.
 */
export function checkSocketFolder(socketPath: string): boolean {
  if (Buffer.byteLength(socketPath) > socketPathBytesMax) {
    throw socketUnusable(socketPath, {
      why: `it has more than ${socketPathBytesMax} bytes`,
      hint: 'set GHOST_SOCKET to a shorter path',
    });
  }
  const folder = dirname(socketPath);
  const stats = statOf(folder, socketPath);
  if (stats === null) return false;
  if (!stats.isDirectory()) throw socketUnusable(socketPath, { why: `${folder} is not a folder` });
  const uid = process.getuid?.();
  if (uid === undefined) return true;
  if (stats.uid !== uid) {
    throw socketUnusable(socketPath, { why: `the folder ${folder} belongs to uid ${stats.uid}, not to you` });
  }
  if ((stats.mode & writableByOthers) !== 0) {
    // The temporary folder is meant to be like that.
    const shared = (stats.mode & sticky) !== 0;
    const why = `anybody can write in ${folder}`;
    throw socketUnusable(socketPath, shared ? { why } : { why, hint: `chmod go-w ${quoteWord(folder)}` });
  }
  if ((stats.mode & writableByGroup) !== 0) {
    throw socketUnusable(socketPath, {
      why: `its group can write in ${folder}`,
      hint: `chmod g-w ${quoteWord(folder)}`,
    });
  }
  return true;
}

/** The error for a path at which no socket can be. */
export function socketUnusable(
  socketPath: string,
  { why, hint = elsewhere }: { readonly why: string; readonly hint?: string },
): GhostError {
  return new GhostError('socket-path-unusable', `the socket ${socketPath} cannot be used: ${why}`, { hint });
}

function statOf(folder: string, socketPath: string): Stats | null {
  try {
    return statSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw socketUnusable(socketPath, { why: messageOf(error) });
  }
}
