import { GhostError } from '../ghost-error.ts';
import type { StreamName } from '../journal/events.ts';

/** What is said of output that should be there, by whichever side unpacks it. */
export function unreadableLog(
  task: number | string,
  stream: StreamName,
  { offset, cause }: { readonly offset: number; readonly cause?: unknown },
): GhostError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new GhostError('log-unreadable', `the ${stream} of task ${task} cannot be read at byte ${offset}${why}`, {
    hint: `ghost audit --verify says what is damaged; the end of the log may be whole: ghost log -n 100 ${task}`,
    cause,
  });
}
