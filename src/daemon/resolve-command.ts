import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

import { errorCode } from '../error-code.ts';
import type { EnvironmentPair } from '../journal/environments.ts';
import type { StartFailure } from '../journal/events.ts';

/** Why a command can be known beforehand not to start. */
export interface CommandRefusal {
  readonly reason: StartFailure;
  readonly message: string;
}

/** Where execvp(3) looks when the environment has no PATH: confstr(_CS_PATH). */
const defaultPath = '/bin:/usr/bin';
/**
 * The kernel reads so much of a script's first line: binfmt_script, since Linux 5.1. One in which the interpreter's name has
 * not come to its end there is no script for it (ENOEXEC), and is run by a shell (execvp(3)).
 */
export const shebangBytesMax = 256;

/**
 * Looks the command up as execvp(3) would from its folder, with the PATH of its own environment, so that what cannot
 * start is refused at once.
 * @returns null where nothing stands against it.
 */
export function findRefusal({
  command,
  cwd,
  environment,
}: {
  command: readonly string[];
  cwd: string;
  environment: readonly EnvironmentPair[];
}): CommandRefusal | null {
  const cwdRefusal = refuseFolder(cwd);
  if (cwdRefusal !== null) return cwdRefusal;
  const program = command[0] ?? '';
  const candidates = program.includes('/')
    ? [resolve(cwd, program)]
    : pathOf(environment)
        .split(delimiter)
        .map((folder) => resolve(cwd, folder, program));
  let nearest: CommandRefusal | null = null;
  for (const candidate of candidates) {
    const refusal = refuseFile(candidate, { program });
    if (refusal === null) return null;
    // As a shell does: what is there but cannot be executed says more than what is not there.
    if (refusal.reason === 'command-not-executable') nearest ??= refusal;
  }
  return nearest ?? { reason: 'command-not-found', message: `${program}: command not found` };
}

function pathOf(environment: readonly EnvironmentPair[]): string {
  const value = environment.findLast(([name]) => name === 'PATH')?.[1];
  return value === undefined ? defaultPath : Buffer.from(value).toString();
}

function refuseFolder(cwd: string): CommandRefusal | null {
  const refuse = (why: string): CommandRefusal => ({
    reason: 'cwd-not-usable',
    message: `the folder ${cwd} ${why}`,
  });
  try {
    if (!statSync(cwd).isDirectory()) return refuse('is not a folder');
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return refuse('is not there');
    return refuse(code === 'EACCES' ? 'may not be entered' : `cannot be used (${code})`);
  }
}

function refuseFile(path: string, { program }: { program: string }): CommandRefusal | null {
  const refuse = (reason: StartFailure, why: string): CommandRefusal => ({ reason, message: `${program}: ${why}` });
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return refuse('command-not-executable', 'is a folder');
    if (!stat.isFile()) return refuse('command-not-executable', 'is not a program');
    accessSync(path, constants.X_OK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return refuse('command-not-found', 'no such file');
    return refuse(
      'command-not-executable',
      code === 'EACCES' ? 'permission denied (is it executable?)' : `cannot be used (${code})`,
    );
  }
  const interpreter = interpreterOf(path);
  if (interpreter === null) return null;
  try {
    accessSync(interpreter, constants.X_OK);
    return null;
  } catch {
    return refuse('command-not-executable', `its interpreter ${interpreter} is not there or cannot be executed`);
  }
}

/** The program that the kernel runs a script with, or null where it is no script to it or its interpreter is relative. */
function interpreterOf(path: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    // A program may be executable and not readable.
    return null;
  }
  try {
    const head = Buffer.alloc(shebangBytesMax);
    // A shorter file is followed by zeros, for the kernel as well.
    readSync(descriptor, head);
    const match = /^#![ \t]*(\/[^ \t\n\0]*)[ \t\n\0]/.exec(head.toString());
    return match?.[1] ?? null;
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return errorCode(error) ?? String(error);
}
