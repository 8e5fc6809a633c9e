import type { GhostErrorShape } from '../ghost-error.ts';
import type { Actor, JournalEvent, ProcessorTime, PruneReason, StreamName } from '../journal/events.ts';
import type { TaskState, TaskView } from '../projections/task-view.ts';

/** Everything that crosses the socket. PROTOCOL.md says the same in words. */

/** The first frame in each direction. */
export interface Hello {
  readonly kind: 'hello';
  readonly protocol: number;
  /** Name and version, such as `ghost-cli 0.1.0` or `ghostd 0.1.0`. */
  readonly program: string;
  readonly pid: number;
  /** The client's terminal, or null; the daemon sends null. */
  readonly terminal: string | null;
}

export type ClientMessage =
  | Hello
  | {
      readonly [O in Operation]: {
        readonly kind: 'request';
        readonly id: number;
        readonly operation: O;
        readonly parameters: ParametersOf<O>;
      };
    }[Operation]
  /** The reader can take `items` more items of the stream. */
  | { readonly kind: 'more'; readonly id: number; readonly items: number }
  | { readonly kind: 'cancel'; readonly id: number };

export type DaemonMessage =
  | Hello
  | { readonly kind: 'response'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'item'; readonly id: number; readonly item: unknown }
  /** The stream is complete, with what is to be said at its end. */
  | { readonly kind: 'end'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: GhostErrorShape }
  /** About the connection, not one request: it is closed after this. */
  | { readonly kind: 'fault'; readonly error: GhostErrorShape };

/** An environment entry; the value is bytes where it is not valid UTF-8. */
export type EnvironmentEntry = readonly [name: string, value: string | Uint8Array];

/** How to name a task: its number, its name, a prefix of its UUID, or `@last`. */
export type TaskReference = string;

/** How far a reader has come in each stream, in bytes. */
export interface LogCursor {
  readonly stdout: number;
  readonly stderr: number;
}

interface Operations {
  ping: { parameters: Record<string, never>; result: Record<string, never> };
  run: {
    parameters: {
      readonly requestId: string;
      readonly command: readonly string[];
      readonly cwd: string;
      readonly environment: readonly EnvironmentEntry[];
      readonly umask: number;
      readonly openFilesSoftLimit: number | null;
      readonly name: string | null;
      readonly tags: readonly string[];
      readonly timeoutMs: number | null;
    };
    /** Given when the task has started. That it cannot start is an error which bears the task's number. */
    result: TaskView;
  };
  restart: {
    parameters: { readonly requestId: string; readonly task: TaskReference };
    result: TaskView;
  };
  list: {
    /** `states` null is all. Without `all`: the running ones and the 30 that ended last (of those states). */
    parameters: { readonly states: readonly TaskState[] | null; readonly all: boolean };
    /** By number, ascending. */
    result: readonly TaskView[];
  };
  show: { parameters: { readonly task: TaskReference }; result: TaskDetail };
  stop: {
    parameters: { readonly requestId: string; readonly task: TaskReference; readonly graceMs: number };
    /** Given when the task has ended. */
    result: StopResult;
  };
  signal: {
    parameters: { readonly requestId: string; readonly task: TaskReference; readonly signal: string };
    /** Given when the kernel has answered; after SIGKILL, when the task has ended. */
    result: StopResult;
  };
  wait: {
    /** No tasks: all that run now. `any`: until one of them has ended. */
    parameters: {
      readonly tasks: readonly TaskReference[];
      readonly mode: 'all' | 'any';
      readonly timeoutMs: number | null;
    };
    /** The tasks in the order given; with `any` only those that have ended. */
    result: readonly TaskView[];
  };
  log: {
    parameters: {
      readonly task: TaskReference;
      readonly streams: 'both' | StreamName;
      readonly follow: boolean;
      /** Only the last so many lines, or null for all. Not with `cursor`. */
      readonly lines: number | null;
      /** Go on from here, or null for the beginning. */
      readonly cursor: LogCursor | null;
      /** Only what was seen from this moment on, and before that one: ISO 8601, or null. */
      readonly since: string | null;
      readonly until: string | null;
    };
    item: LogChunk;
    result: LogEnd;
  };
  watch: {
    /** Events after this sequence number, 0 for all; null for those to come. Never ends by itself. */
    parameters: { readonly after: number | null };
    item: readonly JournalEvent[];
    result: Record<string, never>;
  };
  prune: {
    parameters: {
      readonly requestId: string;
      /** Only the output of tasks that ended before, in ISO 8601, or null. */
      readonly endedBefore: string | null;
      /** The newest so many ended tasks keep theirs, or null. */
      readonly keepTasks: number | null;
      /** Until all output takes at most so many bytes, or null. */
      readonly maxBytes: number | null;
      /** Only say what would go. */
      readonly dryRun: boolean;
    };
    result: PruneResult;
  };
  status: { parameters: Record<string, never>; result: DaemonStatus };
  shutdown: {
    parameters: { readonly requestId: string; readonly stopTasks: boolean; readonly graceMs: number };
    result: ShutdownResult;
  };
}

export type Operation = keyof Operations;
export type StreamOperation = 'log' | 'watch';
export type ParametersOf<O extends Operation> = Operations[O]['parameters'];
export type ResultOf<O extends Operation> = Operations[O]['result'];
export type ItemOf<O extends StreamOperation> = Operations[O]['item'];

/** Bytes of one stream, in the order in which they were seen. */
export interface LogChunk {
  readonly stream: StreamName;
  /** When ghost saw them, in ISO 8601; null where no daemon was there to note it. */
  readonly at: string | null;
  readonly data: Uint8Array;
  /** Where bytes are gone, what is known of them; `data` is then empty. Else null. */
  readonly missing: MissingOutput | null;
  /** The cursor to go on from after this chunk. */
  readonly cursor: LogCursor;
}

/** Output that retention or somebody took. */
export interface MissingOutput {
  readonly bytes: number;
  readonly prunedAt: string;
  readonly reason: PruneReason;
}

/** What is known when a log has been read to its end, or to where it is now. */
export interface LogEnd {
  readonly task: TaskView;
  /**
   * `complete`: the task has ended and its streams are closed. `ended`: it has ended, but processes that it left
   * behind hold its output open. `running`: all there is so far (without `follow`).
   */
  readonly reason: 'complete' | 'ended' | 'running';
  readonly cursor: LogCursor;
}

/** What became of a task that was signalled. */
export interface StopResult {
  readonly task: TaskView;
  /** What was sent, in order, with the kernel's answers. */
  readonly signals: readonly { readonly signal: string; readonly answer: string }[];
  /** Members of the task's group that are alive although the task itself has ended. */
  readonly descendantsAlive: number;
}

/** Everything about one task. */
export interface TaskDetail {
  readonly task: TaskView;
  readonly submittedAt: string;
  readonly submittedBy: Actor;
  readonly attempt: number;
  readonly umask: number;
  readonly timeoutMs: number | null;
  readonly restartOf: number | null;
  readonly shimPid: number | null;
  readonly adoptions: number;
  readonly processorTime: ProcessorTime | null;
  /** Names only: values are never printed unless asked for. */
  readonly environmentNames: readonly string[];
  readonly log: { readonly stdoutBytes: number; readonly stderrBytes: number; readonly complete: boolean };
  readonly descendantsAlive: number;
  readonly events: readonly JournalEvent[];
}

/** How the daemon is. Sizes are in bytes; `memoryBytes` is what it has resident. */
export interface DaemonStatus {
  readonly pid: number;
  readonly version: string;
  readonly protocol: number;
  readonly startedAt: string;
  readonly uptimeMs: number;
  readonly tasksRunning: number;
  readonly tasksTotal: number;
  readonly events: number;
  readonly journalBytes: number;
  readonly logBytes: number;
  readonly memoryBytes: number;
  readonly home: string;
  readonly socket: string;
}

/** The output that went, or would go. The facts about the tasks stay. */
export interface PruneResult {
  readonly tasks: readonly { readonly id: number; readonly bytes: number }[];
  readonly bytes: number;
}

/** What a shutdown left behind. */
export interface ShutdownResult {
  readonly pid: number;
  /** Tasks that go on running without a daemon. */
  readonly tasksRunning: number;
  readonly tasksStopped: number;
}
