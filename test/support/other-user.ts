import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { GhostHome } from './ghost-home.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { root } from './source-files.ts';

/** The uid and gid of nobody. */
export const otherUid = 65534;

/** Whom the tests can be besides: only root can be somebody else as well, by setpriv(1). */
export const otherUsers: readonly number[] = process.getuid?.() === 0 ? [otherUid] : [];

/** A folder of the other user's, which he can reach. */
export function folderOfOther(home: GhostHome): string {
  const folder = join(home.work, 'theirs');
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, otherUid, otherUid);
  letThrough(home.work);
  return folder;
}

/** Lets others go through a folder and the tests' own ones above it, and look into none. */
export function letThrough(folder: string): void {
  chmodSync(folder, 0o711);
  if (dirname(folder) !== '/tmp' && dirname(folder) !== '/') letThrough(dirname(folder));
}

/** Runs a program of Node's as the other user. */
export async function runAsOther(
  args: readonly string[],
  { home, env = {}, cwd = '/' }: { home: GhostHome; env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<ProgramResult> {
  const user = ['--reuid', String(otherUid), '--regid', String(otherUid), '--clear-groups'];
  return await runProgram(['setpriv', ...user, process.execPath, ...args], {
    env: { ...home.env, HOME: '/nonexistent', NODE_COMPILE_CACHE: '', ...env },
    cwd,
  });
}

/** Runs a command of ghost's as the other user. */
export async function ghostAsOther(
  args: readonly string[],
  options: { home: GhostHome; env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<ProgramResult> {
  return await runAsOther([join(root, 'bin', 'ghost.cjs'), ...args], options);
}
