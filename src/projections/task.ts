import type {
  Actor,
  Microseconds,
  Outcome,
  ProcessIdentity,
  ProcessorTime,
  SequenceNumber,
  SignalReason,
  StreamName,
  TaskId,
} from '../journal/events.ts';

/** What is true of one task after all events so far. A new object for each change. */
export interface Task {
  readonly id: TaskId;
  readonly uuid: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environmentHash: string;
  readonly umask: number;
  readonly openFilesSoftLimit: number | null;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly timeoutMs: number | null;
  readonly restartOf: TaskId | null;
  readonly submittedAt: Microseconds;
  readonly submittedBy: Actor;
  readonly status: TaskStatus;
  readonly log: LogStatus;
  readonly stored: { readonly [S in StreamName]: StoredStream };
  /** Signals that were asked for and whose answer is not yet known, oldest first. */
  readonly unansweredSignals: readonly SignalRequest[];
  /** The stop that is under way: SIGKILL follows when its grace has run out. */
  readonly stop: StopRequest | null;
  readonly adoptions: number;
  /** When somebody hid it from lists and searches, or null. */
  readonly forgottenAt: Microseconds | null;
  /** The last event about this task. */
  readonly changedBy: SequenceNumber;
}

export type TaskStatus =
  /** Accepted. `attempt` is the last attempt that was aborted, 0 where there was none. */
  | { readonly kind: 'submitted'; readonly attempt: number }
  /** The shim waits for its go, or has it and the task is about to be. */
  | { readonly kind: 'spawned'; readonly attempt: number; readonly shim: ProcessIdentity; readonly at: Microseconds }
  | RunningStatus
  | EndedStatus;

export interface RunningStatus {
  readonly kind: 'running';
  readonly attempt: number;
  readonly shim: ProcessIdentity;
  readonly identity: ProcessIdentity;
  readonly startedAt: Microseconds;
}

export interface EndedStatus {
  readonly kind: 'ended';
  readonly attempt: number;
  readonly outcome: Outcome;
  /** `null` where the task never started, or nothing tells whether it did. */
  readonly startedAt: Microseconds | null;
  /** When it ended, or for a lost task, when that was found. */
  readonly endedAt: Microseconds;
  readonly processorTime: ProcessorTime | null;
  readonly shim: ProcessIdentity | null;
  readonly identity: ProcessIdentity | null;
}

/** What of a stream is compressed and what is gone. What is past `sealedTo` lies in the spool. */
export interface StoredStream {
  /** How many were ever sealed. */
  readonly segments: number;
  /** The first byte of each segment that is left, ascending: its event is found by it. */
  readonly starts: readonly number[];
  /** Everything before this byte is in a segment, or was pruned. */
  readonly sealedTo: number;
  /** The newlines before `sealedTo`. */
  readonly sealedLines: number;
  /** Everything before this byte is gone. */
  readonly prunedTo: number;
  /** What the segments that are left take on the disk. */
  readonly segmentBytes: number;
}

type LogStatus =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'closed';
      readonly stdoutBytes: number;
      readonly stderrBytes: number;
      /** What stays beside the streams until the last of them is gone, or null where it was not measured. */
      readonly besideBytes: number | null;
    };

interface SignalRequest {
  readonly requestId: string;
  readonly signal: string;
  readonly reason: SignalReason;
}

interface StopRequest {
  readonly requestId: string;
  readonly requestedAt: Microseconds;
  readonly graceMs: number;
}
