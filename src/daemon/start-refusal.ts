import { GhostError } from '../ghost-error.ts';
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
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'E2BIG':
      return 'its arguments and environment are larger than the system allows for a program (see: getconf ARG_MAX)';
    case 'EAGAIN':
      return 'the system has no room for another process now (see: ulimit -u)';
    case 'ENOENT':
      return `the folder ${task.cwd} is not there any more`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
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
