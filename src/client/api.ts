import type { JournalEvent, SequenceNumber, StreamName } from '../journal/events.ts';
import type { TaskFilter } from '../projections/task-filter.ts';
import type { TaskState, TaskView } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type {
  CommandStats,
  DaemonStatus,
  EnvironmentValue,
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
} from '../protocol/answers.ts';
import type { EndSignal } from '../protocol/end-signal.ts';
import type { EnvironmentEntry, LogCursor, Moment, TaskReference } from '../protocol/messages.ts';

/** What ghost can be asked, by the command line, the screen and your program alike. */
export interface Client extends AsyncDisposable {
  /**
   * Starts a task and gives it back once it runs. Asked again by itself after a lost connection, and started once.
   * @throws GhostError `command-not-found`, `command-not-executable`, `cwd-not-usable`, `spawn-failed`: nothing was
   *   started, and the journal has the refusal under the number in `task`. `request-too-large`, `invalid-request`.
   */
  run(request: RunRequest): Promise<TaskView>;
  /** Starts the command of a task again as a new task. @throws GhostError `no-such-task`, `task-still-running`. */
  restart(task: TaskReference): Promise<TaskView>;
  /** By number, ascending. Without `all`: the running tasks and the 30 that ended last. `at`: as it stood then. */
  list(options?: {
    readonly states?: readonly TaskState[];
    readonly all?: boolean;
    readonly at?: Moment;
  }): Promise<readonly TaskView[]>;
  /** The same, page after page, for whoever does not want to hold a whole past in memory. */
  listPages(options?: Parameters<Client['list']>[0]): AsyncGenerator<readonly TaskView[], void, void>;
  /** Everything about one task, its events too. @throws GhostError `no-such-task`. */
  show(task: TaskReference, options?: { readonly at?: Moment }): Promise<TaskDetail>;
  /** The tasks that a filter fits, the newest first, page after page as they are asked for. */
  history(filter?: Partial<TaskFilter>, options?: { readonly limit?: number }): AsyncGenerator<TaskView, void, void>;
  /** Runs, failures and durations by command line, over the tasks that a filter fits; at most 1000 of `commandsTotal`. */
  historyStats(filter?: Partial<TaskFilter>): Promise<{
    readonly commands: readonly CommandStats[];
    readonly commandsTotal: number;
  }>;
  /** The events that fit, in order. Its end gives the place to go on from. @throws GhostError `no-such-task`. */
  audit(options?: AuditOptions): AsyncGenerator<JournalEvent, { readonly seq: number }, void>;
  /** Recomputes the whole chain and the check-sums of all segments; gives how far it has come. */
  verify(): AsyncGenerator<VerifyProgress, VerifyResult, void>;
  /** Folds every read model anew, compares, and replaces what differs. */
  rebuild(): AsyncGenerator<RebuildProgress, RebuildResult, void>;
  /** The full state of what is not complete and of the tasks that ended last, to fold on from with `watch`. */
  table(options?: { readonly at?: Moment; readonly ended?: number }): Promise<{
    readonly seq: number;
    readonly tasks: readonly Task[];
  }>;
  /** A task's environment in the order in which it was given. What looks like a secret has no value unless `reveal`. */
  environment(task: TaskReference, options?: { readonly reveal?: boolean }): Promise<readonly EnvironmentValue[]>;
  /** Gives a task another name, or with null takes it away. */
  rename(task: TaskReference, name: string | null): Promise<TaskView>;
  /** Puts tags on a task and takes others off; one that it has already, or has not, is no error. */
  tag(
    task: TaskReference,
    tags: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<TaskView>;
  /** Removes the value of a variable from the store for good. @throws GhostError `no-such-variable`. */
  redact(task: TaskReference, name: string): Promise<RedactResult>;
  /** SIGTERM to the task's group, SIGKILL when the grace has run out; settles when the task has ended. */
  stop(task: TaskReference, options?: { readonly graceMs?: number }): Promise<StopResult>;
  /** One signal, such as `SIGHUP`, to the task's group. @throws GhostError `task-ended`, `invalid-request`. */
  signal(task: TaskReference, signal: string): Promise<StopResult>;
  /**
   * Until the tasks (none: all that run now) have ended; with `any`, until one has.
   * @throws GhostError `wait-timeout`, `no-such-task`.
   */
  wait(
    tasks: readonly TaskReference[],
    options?: { readonly mode?: 'all' | 'any'; readonly timeoutMs?: number },
  ): Promise<readonly TaskView[]>;
  /** What a task wrote, in the order in which it was seen. After a lost connection it goes on exactly where it was. */
  log(task: TaskReference, options?: LogOptions): AsyncGenerator<LogChunk, LogEnd, void>;
  /** The events after a sequence number (0: from the first; left out: those to come) as they are committed. */
  watch(options?: { readonly after?: SequenceNumber | 0 }): AsyncGenerator<JournalEvent, void, void>;
  /** Takes the output of ended tasks away, oldest first; with none of the limits, what retention would take now. */
  prune(options?: PruneOptions): Promise<PruneResult>;
  /** How the daemon is, and how much it keeps. */
  status(): Promise<DaemonStatus>;
  /** Ends the daemon. Tasks that run go on running unless `stopTasks`. */
  shutdown(options?: { readonly stopTasks?: boolean; readonly graceMs?: number }): Promise<ShutdownResult>;
  /** Settles when the daemon has answered. */
  ping(): Promise<void>;
  /** Ends the connection; what was under way is rejected with `connection-lost`. */
  close(): Promise<void>;
}

/** What is to run. What is left out is as it is for the program that asks. */
export interface RunRequest {
  /** The program and its arguments, as they are to reach it; no shell is involved. */
  readonly command: readonly string[];
  /** Absolute; left out: the caller's. */
  readonly cwd?: string;
  /** The whole environment; left out: the caller's. */
  readonly environment?: readonly EnvironmentEntry[];
  readonly name?: string;
  readonly tags?: readonly string[];
  /** Stop it after so many milliseconds. */
  readonly timeoutMs?: number;
  /** Left out: the caller's. */
  readonly umask?: number;
}

/** Which part of a log. Nothing said: all that there is, of both streams. */
export interface LogOptions {
  readonly streams?: 'both' | StreamName;
  /** Go on until the task ends. */
  readonly follow?: boolean;
  /** Only the last so many lines. */
  readonly lines?: number;
  /** Only what was seen from this moment on, and before that one. */
  readonly since?: Date;
  readonly until?: Date;
  /** Go on from a cursor of an earlier chunk. */
  readonly cursor?: LogCursor;
  /** Only what lies before a cursor, so that `lines` are the last before it. Not with `follow`. */
  readonly before?: LogCursor;
  /** Ends it when it is aborted, also while nothing comes: the loop then throws the signal's reason. */
  readonly signal?: EndSignal;
}

/** Which events. Nothing said: all that there are. */
export interface AuditOptions {
  /** Only those after this sequence number, and before that one. */
  readonly after?: number;
  readonly before?: number;
  /** Only those about one of these tasks, at most 1000. */
  readonly tasks?: readonly TaskReference[];
  readonly types?: readonly string[];
  readonly since?: Date;
  readonly until?: Date;
  /** Only what an actor did in whose words (client, command line, terminal, user name, user id, pid) this occurs. */
  readonly actor?: string;
  /** Of what there is, only the last so many. */
  readonly last?: number;
  /** Go on with those to come; with `until` or `before` only as far. */
  readonly follow?: boolean;
  /** Ends it when it is aborted, also while nothing comes: the loop then throws the signal's reason. */
  readonly signal?: EndSignal;
}

/** Whose output is taken away. */
export interface PruneOptions {
  /** Only the output of tasks that ended before. */
  readonly endedBefore?: Date;
  /** The newest so many ended tasks keep theirs. */
  readonly keepTasks?: number;
  /** Until all output takes at most so many bytes. */
  readonly maxBytes?: number;
  /** Only the output of these. */
  readonly tasks?: readonly TaskReference[];
  /** Hide those tasks as well. */
  readonly forget?: boolean;
  /** Only say what would go. */
  readonly dryRun?: boolean;
}

/** Which daemon, and who asks it. */
export interface ConnectOptions {
  /** The data folder; left out: as the command line finds it (GHOST_HOME, XDG_DATA_HOME, ~/.local/share/ghost). */
  readonly home?: string;
  /** Whether to start a daemon where none runs. Default true. */
  readonly start?: boolean;
  /** The name and version that the journal records as the client. Default `ghost-journal` and its version. */
  readonly program?: string;
}
