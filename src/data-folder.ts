import { accessSync, constants, type Stats, statSync } from 'node:fs';

import { errorCode } from './error-code.ts';
import { messageOf } from './error-message.ts';
import { GhostError } from './ghost-error.ts';
import { makePrivateFolder } from './private-folder.ts';
import { quoteWord } from './shell-quote.ts';

/** The permissions of everybody but the owner. */
export const groupAndOthers = 0o077;
const elsewhere = 'set GHOST_HOME to a folder that you can write in';

/**
 * Makes the data folder where there is none, with what is missing above it, 0700 from the moment it exists.
 * @throws GhostError `data-folder-unusable`, as `checkDataFolder` does, or because it cannot be made.
 */
export function prepareDataFolder(home: string): void {
  if (checkDataFolder(home)) return;
  try {
    makePrivateFolder(home);
  } catch (error) {
    throw unusable(home, { why: `it cannot be made (${messageOf(error)})`, hint: elsewhere });
  }
  checkDataFolder(home);
}

/**
 * Refuses a data folder that is not the user's own, private and writable: ghost never changes the mode of what it did
 * not make.
 * @returns whether there is one.
 * @throws GhostError `data-folder-unusable`, whose hint is what to type.
 */
export function checkDataFolder(home: string): boolean {
  const stats = statOf(home);
  if (stats === null) return false;
  if (!stats.isDirectory()) {
    // Nobody is to be led to move /dev/null away.
    throw unusable(home, {
      why: 'it is not a folder',
      hint: stats.isFile() ? `mv ${quoteWord(home)} ${quoteWord(`${home}.old`)}` : elsewhere,
    });
  }
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid) {
    throw unusable(home, {
      why: `it belongs to uid ${stats.uid}, not to you`,
      hint: 'set GHOST_HOME to a folder of your own',
    });
  }
  if ((stats.mode & groupAndOthers) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw unusable(home, { why: `others can get in (its mode is ${mode})`, hint: `chmod 700 ${quoteWord(home)}` });
  }
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errorCode(error) === 'EROFS') {
      throw unusable(home, { why: 'it lies on a read-only file system', hint: elsewhere });
    }
    throw unusable(home, { why: 'you cannot write in it', hint: `chmod 700 ${quoteWord(home)}` });
  }
  return true;
}

function statOf(home: string): Stats | null {
  try {
    return statSync(home);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw unusable(home, { why: messageOf(error), hint: elsewhere });
  }
}

function unusable(home: string, { why, hint }: { readonly why: string; readonly hint: string }): GhostError {
  return new GhostError('data-folder-unusable', `the data folder ${home} cannot be used: ${why}`, { hint });
}
