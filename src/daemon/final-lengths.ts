import type { Task } from '../projections/task.ts';
import type { LogCursor } from '../protocol/messages.ts';

/** How long a complete task's streams are: what is in segments counts even where a power cut took the end of a spool. */
export function finalLengths({ stdout, stderr }: LogCursor, task: Task | undefined): LogCursor {
  return {
    stdout: Math.max(stdout, task?.stored.stdout.sealedTo ?? 0),
    stderr: Math.max(stderr, task?.stored.stderr.sealedTo ?? 0),
  };
}
