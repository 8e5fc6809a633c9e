import { userInfo } from 'node:os';

import { errorCode } from './error-code.ts';
import { GhostError } from './ghost-error.ts';

/**
 * The user's home: what the environment says, else what the system's list of users says.
 * @throws GhostError `data-folder-unusable` where neither says anything, as in a container that runs as a bare uid.
 */
export function userHome({ HOME: home }: Readonly<Record<string, string | undefined>>): string {
  if (home !== undefined && home !== '') return home;
  const listed = ownEntry()?.homedir ?? '';
  if (listed !== '') return listed;
  throw new GhostError('data-folder-unusable', 'HOME is not set, and the system knows no home of this user', {
    hint: 'set HOME, or GHOST_HOME to a folder for what ghost keeps',
  });
}

/** The user's entry in the system's list of users, getpwuid(3); null where a uid has none. */
export function ownEntry(): { readonly uid: number; readonly homedir: string; readonly username: string } | null {
  try {
    return userInfo();
  } catch (error) {
    if (errorCode(error) === 'ERR_SYSTEM_ERROR') return null;
    throw error;
  }
}
