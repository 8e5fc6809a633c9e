import type { GhostErrorShape } from '../ghost-error.ts';
import type { JournalEvent, StreamName } from '../journal/events.ts';
import type { TaskFilter } from '../projections/task-filter.ts';
import type { TaskState, TaskView } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type {
  AuditPage,
  CommandStats,
  DaemonStatus,
  EnvironmentValue,
  LogBatch,
  LogChunk,
  LogEnd,
  PruneResult,
  RebuildProgress,
  RebuildResult,
  RedactResult,
  ShutdownResult,
  StopResult,
  TaskDetail,
  VerifyProgress,
  VerifyResult,
} from './answers.ts';

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

/** A moment of the past: just after an event, or a time of day (ISO 8601, UTC), after the last event until then. */
export type Moment =
  | { readonly kind: 'event'; readonly seq: number }
  | { readonly kind: 'time'; readonly time: string };

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
    /**
     * `states` null is all. Without `all`: the running ones and the 30 that ended last (of those states). `at`: as the
     * table stood then, or null for now. `after`: only those of a higher number, 0 for the first page.
     */
    parameters: {
      readonly states: readonly TaskState[] | null;
      readonly all: boolean;
      readonly at: Moment | null;
      readonly after: number;
    };
    /** By number, ascending, as many as fit into one answer; `next` is the `after` of the next page, null at the end. */
    result: { readonly tasks: readonly TaskView[]; readonly next: number | null };
  };
  /** `at`: as it was known then, with the events until then; null for now. */
  show: { parameters: { readonly task: TaskReference; readonly at: Moment | null }; result: TaskDetail };
  history: {
    /** `before`: only those of a lower number, null for the first page. `limit`: so many at the most. */
    parameters: { readonly filter: TaskFilter; readonly before: number | null; readonly limit: number };
    /** By number, descending, as many as fit into one answer; `next` is the `before` of the next page, null at the end. */
    result: { readonly tasks: readonly TaskView[]; readonly next: number | null };
  };
  historyStats: {
    parameters: { readonly filter: TaskFilter };
    /** One for each command line, the one that ran most often first; at most `statsRowsMax`. */
    result: { readonly commands: readonly CommandStats[]; readonly commandsTotal: number };
  };
  audit: {
    parameters: {
      /** Only events after this sequence number, 0 for all; and before that one, or null. */
      readonly after: number;
      readonly before: number | null;
      /** Only events about one of these, or null for all. */
      readonly tasks: readonly TaskReference[] | null;
      /** Only events of these types, or null for all. */
      readonly types: readonly string[] | null;
      /** ISO 8601, or null. */
      readonly since: string | null;
      readonly until: string | null;
      /**
       * Only what an actor did in whose words (client, command line, terminal, user name) this occurs, whatever the case
       * of its letters, or whose uid or pid it is; or null.
       */
      readonly actor: string | null;
      /** Of what there is, only the last so many that fit, or null for all. */
      readonly last: number | null;
      /** Go on with those to come; with `until` or `before` only as far. */
      readonly follow: boolean;
    };
    item: AuditPage;
    /** The last event that was looked at, whether it was given or not: the `after` to go on with. */
    result: { readonly seq: number };
  };
  verify: {
    parameters: Record<string, never>;
    item: VerifyProgress;
    result: VerifyResult;
  };
  /** Folds every read model anew and compares it with the one that is kept. The one that is kept is replaced if it differs. */
  rebuild: {
    parameters: Record<string, never>;
    item: RebuildProgress;
    result: RebuildResult;
  };
  /** The full state of every task that is not complete and of those that ended last, for those who fold on from there. */
  table: {
    /** `ended`: how many of those that ended last. */
    parameters: { readonly at: Moment | null; readonly ended: number };
    item: readonly Task[];
    /** The last event that is in it: `watch` goes on after it. */
    result: { readonly seq: number };
  };
  environment: {
    /** `reveal`: also the values of what looks like a secret. */
    parameters: { readonly task: TaskReference; readonly reveal: boolean };
    result: readonly EnvironmentValue[];
  };
  rename: {
    parameters: { readonly requestId: string; readonly task: TaskReference; readonly name: string | null };
    result: TaskView;
  };
  tag: {
    parameters: {
      readonly requestId: string;
      readonly task: TaskReference;
      readonly add: readonly string[];
      readonly remove: readonly string[];
    };
    result: TaskView;
  };
  redact: {
    parameters: { readonly requestId: string; readonly task: TaskReference; readonly name: string };
    result: RedactResult;
  };
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
      /** Only what lies before here, so that `lines` are the last ones before it; null for the end. Not with `follow`. */
      readonly before: LogCursor | null;
      /** Only what was seen from this moment on, and before that one: ISO 8601, or null. */
      readonly since: string | null;
      readonly until: string | null;
      /** In batches, which are the reader's to unpack. What is gone is told of in a chunk all the same. */
      readonly batches: boolean;
    };
    item: LogChunk | LogBatch;
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
      /** Only the output of these tasks, or null. */
      readonly tasks: readonly TaskReference[] | null;
      /** Hide the tasks whose output goes as well. */
      readonly forget: boolean;
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
export type StreamOperation = 'log' | 'watch' | 'audit' | 'verify' | 'rebuild' | 'table';
export type ParametersOf<O extends Operation> = Operations[O]['parameters'];
export type ResultOf<O extends Operation> = Operations[O]['result'];
export type ItemOf<O extends StreamOperation> = Operations[O]['item'];
