import { statSync } from 'node:fs';

import type { EnvironmentPair } from '../journal/environments.ts';

/**
 * Whether an environment's PWD is an absolute name of a folder without `.` and `..`, as a shell asks before it leaves
 * the variable alone.
 */
export function pwdNames(environment: readonly EnvironmentPair[], folder: string): boolean {
  const pwd = environment.findLast(([name]) => name === 'PWD')?.[1];
  if (typeof pwd !== 'string' || !pwd.startsWith('/') || /(^|\/)\.{1,2}(\/|$)/.test(pwd)) return false;
  const named = statSync(pwd, { throwIfNoEntry: false });
  const real = statSync(folder, { throwIfNoEntry: false });
  return named !== undefined && real !== undefined && named.dev === real.dev && named.ino === real.ino;
}
