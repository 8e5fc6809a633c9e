import { resolve } from 'node:path';

import type { RunRequest } from '../client/api.ts';
import { GhostError } from '../ghost-error.ts';
import { argumentBytesMax, requestBytesMax } from '../protocol/limits.ts';
import type { EnvironmentEntry } from '../protocol/messages.ts';
import { quoteWord } from '../shell-quote.ts';
import { userShell } from '../user-shell.ts';
import { byteText } from '../words/byte-text.ts';
import { visible } from '../words/visible.ts';
import type { CommandContext } from './command.ts';
import { durationOption } from './duration-option.ts';
import type { Invocation } from './parse.ts';

type Caller = Pick<CommandContext, 'environment' | 'callerEnvironment' | 'cwd'>;

/**
 * What `ghost run` asks for.
 * @throws GhostError `usage` for what cannot be meant, `request-too-large` before anything is sent, `cwd-not-usable`.
 */
export function runRequest({ options, words }: Invocation, caller: Caller): RunRequest {
  const command = commandOf({ options, words }, caller);
  refuseTooLarge(command);
  const name = options.value('name');
  const timeoutMs = durationOption(options, 'timeout');
  const entries = options.values('env').map(parseEntry);
  return {
    command,
    cwd: folderOf(options.value('cwd') ?? '.', caller),
    ...(entries.length === 0 ? {} : { environment: withEntries(caller.callerEnvironment(), entries) }),
    ...(name === null ? {} : { name }),
    tags: options.values('tag'),
    ...(timeoutMs === null ? {} : { timeoutMs }),
  };
}

function commandOf(
  { options, words }: Pick<Invocation, 'options' | 'words'>,
  { environment }: Caller,
): readonly string[] {
  const script = options.value('shell');
  const [first] = words;
  if (script === null) {
    if (first === undefined) throw new GhostError('usage', 'run needs a command', { hint: 'ghost run sleep 60' });
    if (first === '') throw new GhostError('usage', 'the command is an empty word', { hint: 'ghost run sleep 60' });
    return words;
  }
  if (script === '') throw new GhostError('usage', 'the script is empty', { hint: "ghost run -c 'echo hello'" });
  if (first !== undefined) {
    throw new GhostError('usage', `--shell takes the whole script as one word; "${visible(first)}" is too much`, {
      hint: `ghost run -c ${quoteWord([script, ...words].join(' '))}`,
    });
  }
  return [userShell(environment), '-c', script];
}

/**
 * The kernel limits one argument, the protocol the whole request; the client measures it again with the environment.
 * @throws GhostError `request-too-large`.
 */
export function refuseTooLarge(command: readonly string[]): void {
  const sizes = command.map((word) => Buffer.byteLength(word));
  const total = sizes.reduce((sum, size) => sum + size + 1, 0);
  const hint = 'put it into a file, and let the command read that';
  if (total > requestBytesMax) {
    throw new GhostError(
      'request-too-large',
      `the command line is ${byteText(total)} long; ghost takes at most ${byteText(requestBytesMax)}`,
      { hint },
    );
  }
  const place = sizes.findIndex((size) => size >= argumentBytesMax);
  if (place === -1) return;
  throw new GhostError(
    'request-too-large',
    `word ${place + 1} of the command is ${byteText(sizes[place] ?? 0)} long; the kernel takes at most ${byteText(argumentBytesMax)} in one`,
    { hint },
  );
}

/**
 * The folder, absolute.
 * @throws GhostError `usage`, `cwd-not-usable`.
 */
export function folderOf(folder: string, { cwd }: Pick<Caller, 'cwd'>): string {
  if (folder === '') throw new GhostError('usage', '--cwd needs a folder', { hint: 'ghost run --cwd . COMMAND' });
  if (folder.startsWith('/')) return resolve(folder);
  try {
    return resolve(cwd(), folder);
  } catch {
    throw new GhostError('cwd-not-usable', 'the current folder is gone, so that nothing can run in it', {
      hint: 'cd ~, or ghost run --cwd DIR COMMAND',
    });
  }
}

/** @throws GhostError `usage`. */
export function parseEntry(text: string): EnvironmentEntry {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  const hint = equals === 0 ? '--env NAME=VALUE' : `--env ${quoteWord(text)}=VALUE`;
  throw new GhostError('usage', `"${visible(text)}" sets no variable: it has no ${equals === 0 ? 'name' : '='}`, {
    hint,
  });
}

/** A later entry replaces an earlier one of its name, and keeps its place. */
export function withEntries(
  environment: readonly EnvironmentEntry[],
  entries: readonly EnvironmentEntry[],
): readonly EnvironmentEntry[] {
  return [...new Map([...environment, ...entries].map((entry) => [entry[0], entry])).values()];
}
