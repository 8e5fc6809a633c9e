import { accessSync, constants, mkdirSync, type Stats, statSync } from 'node:fs';
import { GhostError } from '../ghost-error.ts';

const groupAndOthers = 0o077;

/**
 * Makes the data folder where there is none, with what is missing above it, 0700 from the moment it exists. One that
 * is there must be the user's own, private and writable: ghost never changes the mode of what it did not make.
 * @throws GhostError `data-folder-unusable`, whose hint is what to type.
 */
export function prepareDataFolder(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(home, `it cannot be made (${messageOf(error)})`, 'set GHOST_HOME to a folder that you can write in');
  }
  const stats = statOf(home);
  if (!stats.isDirectory()) throw unusable(home, 'it is not a folder', `mv ${home} ${home}.old`);
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid) {
    throw unusable(home, `it belongs to uid ${stats.uid}, not to you`, 'set GHOST_HOME to a folder of your own');
  }
  if ((stats.mode & groupAndOthers) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw unusable(home, `others can get in (its mode is ${mode})`, `chmod 700 ${home}`);
  }
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const readOnly = error instanceof Error && 'code' in error && error.code === 'EROFS';
    throw unusable(
      home,
      readOnly ? 'it lies on a read-only file system' : 'you cannot write in it',
      readOnly ? 'set GHOST_HOME to a folder that you can write in' : `chmod 700 ${home}`,
    );
  }
}

function statOf(home: string): Stats {
  try {
    return statSync(home);
  } catch (error) {
    throw unusable(home, messageOf(error), 'set GHOST_HOME to a folder that you can write in');
  }
}

function unusable(home: string, why: string, hint: string): GhostError {
  return new GhostError('data-folder-unusable', `the data folder ${home} cannot be used: ${why}`, { hint });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
