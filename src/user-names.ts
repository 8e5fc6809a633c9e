import { readFileSync } from 'node:fs';

import { errorCode } from './error-code.ts';
import { ownEntry } from './user-home.ts';

/** The name of a user, or null where nobody here knows it. */
export type NameOfUser = (uid: number) => string | null;

/**
 * Names from /etc/passwd, read when the first one is asked for. Who comes from elsewhere (LDAP, systemd's own users) is
 * not in there; the system's library, which knows them, is asked about the own user only, since Node offers no more.
 */
export function systemUserNames(): NameOfUser {
  let known: ReadonlyMap<number, string> | null = null;
  return (uid) => {
    known ??= new Map([...passwdNames(readPasswd()), ...ownName()]);
    return known.get(uid) ?? null;
  };
}

/** The names in a text of the form of passwd(5). The first line of a uid counts, as it does for getpwuid(3). */
export function passwdNames(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (name !== '' && /^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}

function ownName(): readonly (readonly [number, string])[] {
  const entry = ownEntry();
  return entry === null ? [] : [[entry.uid, entry.username]];
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'EACCES') return '';
    throw error;
  }
}
