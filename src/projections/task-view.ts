import type { Outcome } from '../journal/events.ts';
import { isoTime } from '../microseconds.ts';
import type { EndedStatus, Task } from './task.ts';

/** The five words for a task's state that users see (`ghost list`). */
export type TaskState = 'running' | 'exited' | 'failed' | 'killed' | 'lost';
export const taskStates: readonly TaskState[] = ['running', 'exited', 'failed', 'killed', 'lost'];

/** A task as the command line's JSON and the library show it. Times are ISO 8601, UTC, milliseconds. */
export interface TaskView {
  readonly id: number;
  readonly uuid: string;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly state: TaskState;
  readonly command: readonly string[];
  readonly cwd: string;
  /** The pid while it runs, and the one that it had; null where it never started. */
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  /** Such as `SIGTERM`; null where no signal ended it. */
  readonly signal: string | null;
  /** Why it failed to start or was lost, in a sentence; else null. */
  readonly reason: string | null;
}

/** The view of a task. A running task has no duration yet: it is the reader's clock that tells. */
export function viewTask(task: Task): TaskView {
  const { id, uuid, name, tags, command, cwd, status } = task;
  const base = { id, uuid, name, tags, command, cwd } as const;
  switch (status.kind) {
    case 'submitted':
    case 'spawned':
      return {
        ...base,
        state: 'running',
        pid: null,
        startedAt: null,
        endedAt: null,
        durationMs: null,
        exitCode: null,
        signal: null,
        reason: null,
      };
    case 'running':
      return {
        ...base,
        state: 'running',
        pid: status.identity.pid,
        startedAt: isoTime(status.startedAt),
        endedAt: null,
        durationMs: null,
        exitCode: null,
        signal: null,
        reason: null,
      };
    case 'ended': {
      const { outcome, startedAt, endedAt, identity } = status;
      const lost = outcome.kind === 'lost';
      return {
        ...base,
        state: stateOf(outcome),
        pid: identity === null ? null : identity.pid,
        startedAt: startedAt === null ? null : isoTime(startedAt),
        // When a lost task ended is not known: what the journal has is when that was found.
        endedAt: lost ? null : isoTime(endedAt),
        durationMs: durationMsOf(status),
        exitCode: outcome.kind === 'exited' ? outcome.code : null,
        signal: outcome.kind === 'signaled' ? outcome.signal : null,
        reason: outcome.kind === 'start-failed' || outcome.kind === 'lost' ? outcome.message : null,
      };
    }
  }
}

/** The state that an outcome leaves a task in. */
export function stateOf(outcome: Outcome): Exclude<TaskState, 'running'> {
  switch (outcome.kind) {
    case 'exited':
      return outcome.code === 0 ? 'exited' : 'failed';
    case 'signaled':
      return 'killed';
    case 'start-failed':
      return 'failed';
    case 'lost':
      return 'lost';
  }
}

/** How long a task ran, or null where its start or its end is not known. */
export function durationMsOf({ outcome, startedAt, endedAt }: EndedStatus): number | null {
  if (outcome.kind === 'lost' || startedAt === null) return null;
  // The clock may have been set back meanwhile.
  return Math.max(0, Math.round((endedAt - startedAt) / 1000));
}
