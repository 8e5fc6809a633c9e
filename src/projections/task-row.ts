import type { StreamName } from '../journal/events.ts';
import { streamNames } from '../stream-names.ts';
import { searchText } from './search-text.ts';
import { besideBytesAssumed, finalSealBytes, rangeInBlocks } from './stored-bytes.ts';
import { type TaskState, durationMsOf, stateOf } from './task-view.ts';
import type { Task } from './task.ts';

/** The columns of `tasks` that a life changes, beside those that stay as they were when the task was submitted. */
export interface TaskRow {
  readonly name: string | null;
  readonly text: string;
  readonly state: TaskState;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly duration_ms: number | null;
  readonly forgotten: 0 | 1;
  readonly live: 0 | 1;
  readonly output_bytes: number;
  readonly unsealed: 0 | 1;
}

export function rowOf(task: Task): TaskRow {
  const { status } = task;
  const ended = status.kind === 'ended' ? status : null;
  const outcome = ended?.outcome ?? null;
  return {
    name: task.name,
    text: searchText(task),
    state: outcome === null ? 'running' : stateOf(outcome),
    exit_code: outcome?.kind === 'exited' ? outcome.code : null,
    signal: outcome?.kind === 'signaled' ? outcome.signal : null,
    started_at: status.kind === 'running' || status.kind === 'ended' ? status.startedAt : null,
    ended_at: ended?.endedAt ?? null,
    duration_ms: ended === null ? null : durationMsOf(ended),
    forgotten: task.forgottenAt === null ? 0 : 1,
    live: isLive(task) ? 1 : 0,
    output_bytes: outputBytes(task),
    unsealed: isUnsealed(task) ? 1 : 0,
  };
}

/** Whether more is to come of a task by itself: it has not ended, its output is open, or it is owed a signal. */
export function isLive({ status, log, stop, unansweredSignals }: Task): boolean {
  return status.kind !== 'ended' || log.kind === 'open' || stop !== null || unansweredSignals.length > 0;
}

/**
 * What the output of a task takes on the disk, with all that is there for its sake, once it is complete; until then 0,
 * since its files tell. Of one that wrote nothing, or of which all is gone, nothing is left.
 */
export function outputBytes(task: Task): number {
  const { log, stored } = task;
  if (log.kind === 'open' || keptBytes(task) === 0) return 0;
  return streamNames.reduce(
    (sum, stream) =>
      sum +
      stored[stream].segmentBytes +
      rangeInBlocks({ from: stored[stream].sealedTo, to: closedLength(log, stream) }),
    besideBytes(task),
  );
}

/** What of that is not the streams', and goes with the last of them. */
export function besideBytes({ log }: Task): number {
  return log.kind === 'open' ? besideBytesAssumed : (log.besideBytes ?? besideBytesAssumed);
}

/** How many bytes of a complete output can still be read; 0 until it is complete. */
export function keptBytes({ log, stored }: Task): number {
  if (log.kind === 'open') return 0;
  return streamNames.reduce((sum, stream) => sum + Math.max(0, closedLength(log, stream) - stored[stream].prunedTo), 0);
}

/** Whether some of a complete output is still to be compressed: what is left of a stream, unless it is too little. */
export function isUnsealed({ log, stored }: Task): boolean {
  if (log.kind === 'open') return false;
  return streamNames.some((stream) => {
    const { sealedTo, segments } = stored[stream];
    const length = closedLength(log, stream);
    return length > sealedTo && (segments > 0 || length - sealedTo >= finalSealBytes);
  });
}

/** How many bytes a stream has had in all, once its log is complete. */
export function closedLength(
  { stdoutBytes, stderrBytes }: { readonly stdoutBytes: number; readonly stderrBytes: number },
  stream: StreamName,
): number {
  return stream === 'stdout' ? stdoutBytes : stderrBytes;
}
