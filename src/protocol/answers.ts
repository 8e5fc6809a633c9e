import type { Actor, JournalEvent, Microseconds, ProcessorTime, PruneReason, StreamName } from '../journal/events.ts';
import type { TaskView } from '../projections/task-view.ts';
import type { LogCursor } from './messages.ts';

/** What the daemon answers with. PROTOCOL.md says the same in words. */

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

/**
 * What a reader gets that takes a log in batches: the bytes as they lie, packed where they are, and apart from them in
 * what order they were seen. Unpacking a log is most of what reading it costs, and this is the reader's then.
 */
export interface LogBatch {
  /** What `data` is, or null where the parts go on in the blocks that came before. */
  readonly block: LogBlock | null;
  /** In the order in which they were seen. Each begins where the one before of its stream ended. */
  readonly parts: readonly LogPart[];
  readonly data: Uint8Array;
}

/** A stretch of a stream: the only one of that stream that parts lie in until the next one comes. */
export interface LogBlock {
  readonly stream: StreamName;
  /** Where the block begins in the stream, and where its first part does: what lies before is left over. */
  readonly from: number;
  readonly first: number;
  /** Its length, unpacked. */
  readonly bytes: number;
  /** `gzip`: one member or several, one behind the other. */
  readonly packing: 'gzip' | 'none';
}

/** So far a stream had come, with both of them in a cursor to go on from, when ghost saw it (null: nobody did). */
export type LogPart = readonly [stream: StreamName, at: Microseconds | null, stdout: number, stderr: number];

/** Output that retention or somebody took: when the last of it went, and why. */
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
  readonly log: {
    readonly stdoutBytes: number;
    readonly stderrBytes: number;
    readonly complete: boolean;
    /** When it was last seen to write something, in ISO 8601; null where it never was, or all of it was taken away. */
    readonly lastAt: string | null;
  };
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
  /** By number, `pruneListMax` (10,000) at the most. */
  readonly tasks: readonly { readonly id: number; readonly bytes: number }[];
  /** Of how many tasks it is. */
  readonly tasksTotal: number;
  /** Of all of them. */
  readonly bytes: number;
  /** The tasks that were hidden, or would be; as many at the most. */
  readonly forgotten: readonly number[];
  readonly forgottenTotal: number;
}

/** How often a command was run and how that went. Durations are of runs that ended and whose start and end are known. */
export interface CommandStats {
  readonly command: readonly string[];
  readonly runs: number;
  /** Runs that failed, were killed or lost. */
  readonly failures: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** Its newest run. */
  readonly lastId: number;
}

/** Events that fit, maybe none: how far the journal has been looked at is told as well, for a reader that goes on later. */
export interface AuditPage {
  readonly events: readonly JournalEvent[];
  /** The last event that was looked at. */
  readonly seq: number;
}

/** How far a check of the journal has come. */
export interface VerifyProgress {
  readonly events: number;
  readonly eventsTotal: number;
  readonly segments: number;
  readonly segmentsTotal: number;
}

/** What a check of the journal found. `damages` are in the order in which they were found, at most `damagesMax`. */
export interface VerifyResult {
  readonly events: number;
  readonly segments: number;
  /** The hash of the last event: what an outside witness would keep. */
  readonly head: string;
  readonly damages: readonly Damage[];
}

/** One thing that does not hold. */
export interface Damage {
  readonly kind:
    | 'event-changed'
    | 'event-missing'
    | 'event-added'
    | 'events-swapped'
    | 'events-lost'
    | 'environment-changed'
    | 'environment-missing'
    | 'segment-missing'
    | 'segment-truncated'
    | 'segment-changed';
  /** The event that does not hold or that tells of what does not, or null. */
  readonly seq: number | null;
  readonly task: number | null;
  readonly file: string | null;
  /** The whole of it in a sentence. */
  readonly message: string;
}

/** How far the folding of the read models has come. */
export interface RebuildProgress {
  readonly events: number;
  readonly eventsTotal: number;
}

/** What folding every read model anew came to. */
export interface RebuildResult {
  readonly events: number;
  readonly tasks: number;
  /** What differed from the read models that were kept, in sentences, at most `damagesMax`. */
  readonly differences: readonly string[];
}

/** A variable of a task's environment. */
export interface EnvironmentValue {
  readonly name: string;
  /** `null` where it is not shown. */
  readonly value: string | Uint8Array | null;
  /** `masked`: its name or shape looks like a secret. `redacted`: it was removed from the store. */
  readonly shown: 'plain' | 'masked' | 'redacted';
}

/** What was removed from the store. */
export interface RedactResult {
  readonly name: string;
  /** How many environments had that value, and how many tasks have one of those. */
  readonly environments: number;
  readonly tasks: number;
}

/** What a shutdown left behind. */
export interface ShutdownResult {
  readonly pid: number;
  /** Tasks that go on running without a daemon. */
  readonly tasksRunning: number;
  readonly tasksStopped: number;
}
