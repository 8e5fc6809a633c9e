import { errorCode } from '../error-code.ts';
import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { redactedNames, type StoredPair } from '../journal/environments.ts';
import type { StartFailure } from '../journal/events.ts';
import type { Task } from '../projections/task.ts';

/** Why a task could not be started, as the error that its client gets, or null where it could be. */
export function asGhostError(task: Task): GhostError | null {
  const { status } = task;
  if (status.kind !== 'ended' || status.outcome.kind !== 'start-failed') return null;
  const { reason, message } = status.outcome;
  return new GhostError(reason, message, { task: task.id, hint: hintFor(reason) });
}

/** What the system's error from a failed spawn means, in a sentence: execve(2), fork(2). */
export function spawnFailureMessage(task: Task, error: unknown): string {
  const code = errorCode(error) ?? '';
  switch (code) {
    case 'E2BIG':
      return 'its arguments and environment are larger than the system allows for a program (see: getconf ARG_MAX)';
    case 'EAGAIN':
      return 'the system has no room for another process now (see: ulimit -u)';
    case 'EMFILE':
      return 'the daemon has as many files open as it may (see: ulimit -n, and ghost doctor)';
    case 'ENFILE':
      return 'the system has as many files open as it can (see: sysctl fs.file-max)';
    case 'ENOMEM':
      return 'the system has no memory for another process now';
    case 'ENOENT':
      return `the folder ${task.cwd} is not there any more`;
    default:
      return messageOf(error);
  }
}

/** Why a task cannot be given the environment that it had: what of it is no longer in the store (null: all). */
export function whatIsGone(environment: readonly StoredPair[] | null): string {
  if (environment === null) return 'its environment is no longer in the store';
  return `the value of ${redactedNames(environment).join(', ')} in its environment was redacted`;
}

/** The refusal of a restart for that. */
export function environmentGone(task: Task, environment: readonly StoredPair[] | null): GhostError {
  const given = redactedNames(environment ?? []).map((name) => `-e ${name}=VALUE `);
  // Where a word would have to be quoted, whoever types it sees best how.
  const command = task.command.every((word) => /^[\w@%+=:,./-]+$/.test(word)) ? task.command.join(' ') : 'COMMAND';
  const message = `task ${task.id} cannot be started again: ${whatIsGone(environment)}`;
  return new GhostError('spawn-failed', message, { hint: `ghost run ${given.join('')}-- ${command}`, task: task.id });
}

function hintFor(reason: StartFailure): string {
  switch (reason) {
    case 'command-not-found':
      return 'check the spelling and PATH; a line for the shell goes with -c, as in: ghost run -c "cd src && make"';
    case 'command-not-executable':
      return 'chmod +x FILE, or run its interpreter: ghost run sh FILE';
    case 'cwd-not-usable':
      return 'give a folder that is there: ghost run -C DIR COMMAND';
    case 'spawn-failed':
      return '';
  }
}
