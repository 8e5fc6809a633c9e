/**
 * Every fact that ghost records. An event is past tense and complete: no optional fields, unknown is `null` or a named
 * value, never -1 and never a guess. Times are microseconds since 1970, other durations say their unit.
 *
 * A changed shape is a new `v` in `eventVersions` and an upcast in `decodeEvent`; an event once written is never
 * rewritten.
 */

declare const brand: unique symbol;
/** A task's number, from 1, never used twice in one journal. */
export type TaskId = number & { readonly [brand]: 'TaskId' };
/** The place of an event in the journal, from 1, without gaps. */
export type SequenceNumber = number & { readonly [brand]: 'SequenceNumber' };
/** Microseconds since 1970-01-01T00:00:00Z. */
export type Microseconds = number & { readonly [brand]: 'Microseconds' };

/** A process for ever: a bare pid is used again, these three together are not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Linux: field 22 of /proc/PID/stat, clock ticks since boot (proc(5)). macOS: `ps -o lstart`. */
  readonly startTime: string;
  /** Linux: /proc/sys/kernel/random/boot_id. macOS: sysctl kern.bootsessionuuid. */
  readonly bootId: string;
}

/** Who asked. The uid and pid are the kernel's word for the peer of the socket; the rest is what the client says. */
export interface Actor {
  readonly kind: 'client' | 'daemon';
  /** `null` where the platform cannot tell. */
  readonly uid: number | null;
  readonly pid: number | null;
  /** The client's name and version, such as `ghost-cli 0.1.0`. */
  readonly client: string;
  /** Its terminal, such as `/dev/pts/3`, or null where it has none. */
  readonly terminal: string | null;
  /** Its command line as read from the kernel by the daemon, or null where it cannot be read. */
  readonly commandLine: string | null;
}

/** How a task ended, as far as it is known. */
export type Outcome =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: string }
  | { readonly kind: 'start-failed'; readonly reason: StartFailure; readonly message: string }
  | { readonly kind: 'lost'; readonly reason: LossReason; readonly message: string };

export type StartFailure = 'command-not-found' | 'command-not-executable' | 'cwd-not-usable' | 'spawn-failed';

export type LossReason =
  /** The machine was started anew while the task ran: nothing can tell how it ended. */
  | 'machine-rebooted'
  /** The shim was killed and the task ended with nobody there to note how. */
  | 'shim-killed'
  /** The machine was started anew between the go and the first note: it may have run or not, and is not run again. */
  | 'start-unknown'
  /** Events about it were lost with a damaged journal: it may have run or not, and is not run again. */
  | 'events-lost'
  /** What runs belongs to another data folder, of which this one is a copy: it is that one's daemon's. */
  | 'folder-copied';

/** The processor time that a task and the children it waited for used, or null where the shell could not tell. */
export interface ProcessorTime {
  readonly userMs: number;
  readonly systemMs: number;
}

export type SignalReason = 'stop' | 'kill' | 'signal' | 'grace-ran-out' | 'timeout' | 'shutdown' | 'wake';
export type SignalAnswer =
  | 'delivered'
  /** ESRCH: nothing of the group is left. */
  | 'no-such-process'
  /** EPERM: the group belongs to somebody else by now (a setuid program, say). */
  | 'not-permitted'
  /** The daemon ended between the request and the kernel's answer. It is never sent again by itself. */
  | 'unknown';

interface EventData {
  /** First append of every daemon, before it serves anybody. `previous` says how the last one ended. */
  DaemonStarted: {
    readonly identity: ProcessIdentity;
    readonly version: string;
    readonly protocol: number;
    readonly previous: 'none' | 'stopped' | 'crashed';
  };
  /** Last append of a daemon that ended in order. A crash leaves none. */
  DaemonStopped: { readonly reason: string; readonly tasksRunning: number };
  /** A peer of another uid was turned away. Written at most once a minute for each uid. */
  PeerRefused: { readonly uid: number; readonly pid: number };
  /**
   * A damaged journal was restored from what held of it: written by `ghost doctor --fix` as the first event after those
   * that were kept. Also by a daemon that starts and finds folders of tasks that no event tells of: then the journal's end
   * is missing. Not written where only the output of a task is gone.
   */
  JournalRestored: {
    /** The events that are kept: 1 to this one. */
    readonly kept: number;
    /** The first and the last event that there were beyond, or null where nothing shows how many. */
    readonly lost: { readonly from: number; readonly to: number } | null;
    /** The highest number that a task was ever seen to have, in events or as a folder. The next task has a higher one. */
    readonly lastTask: number;
    /** The folder beside the journal that the damaged file is kept in, or null where there is none. */
    readonly damaged: string | null;
  };
  /** The request is accepted: from here on the task exists. The environment's values are in the store, by its hash. */
  TaskSubmitted: {
    readonly uuid: string;
    /** Made by the client, so that asking again after a lost connection starts nothing twice. */
    readonly requestId: string;
    readonly command: readonly string[];
    readonly cwd: string;
    readonly environmentHash: string;
    readonly umask: number;
    /** The soft limit of open files that the task gets, or null for what the daemon was started with. */
    readonly openFilesSoftLimit: number | null;
    readonly name: string | null;
    readonly tags: readonly string[];
    readonly timeoutMs: number | null;
    /** The task that this one is a restart of. */
    readonly restartOf: TaskId | null;
  };
  /** The shim of an attempt exists and waits for its go. Durable before the go is given. */
  TaskSpawned: { readonly attempt: number; readonly shim: ProcessIdentity; readonly shell: string };
  /** The attempt provably never started the task. Attempt n+1 may follow. */
  TaskSpawnAborted: { readonly attempt: number; readonly reason: string };
  /** The task itself exists. Its process group and session have the same number as its pid. */
  TaskStarted: { readonly attempt: number; readonly identity: ProcessIdentity; readonly startedAt: Microseconds };
  /** It could not be started: nothing ran. */
  TaskStartFailed: { readonly attempt: number; readonly reason: StartFailure; readonly message: string };
  /** Somebody wants the group signalled. Durable before the signal is sent, so that no crash hides or doubles one. */
  SignalRequested: {
    readonly requestId: string;
    readonly signal: string;
    readonly reason: SignalReason;
    /** How long to wait before SIGKILL follows, or null where nothing follows. */
    readonly graceMs: number | null;
  };
  /** What the kernel answered to the signal of that request. */
  SignalSent: {
    readonly requestId: string;
    readonly signal: string;
    readonly reason: SignalReason;
    readonly processGroup: number;
    readonly answer: SignalAnswer;
  };
  /** The task ended. Written once, by the daemon that read its status first. */
  TaskExited: {
    readonly attempt: number;
    readonly outcome: Extract<Outcome, { kind: 'exited' | 'signaled' }>;
    readonly endedAt: Microseconds;
    readonly processorTime: ProcessorTime | null;
    /** `found` where no daemon ran when it ended. */
    readonly observed: 'live' | 'found';
    /** Whose word the outcome is: the shim's status file or the kernel's (PIDFD_GET_INFO). */
    readonly source: 'status-file' | 'kernel';
  };
  /** A starting daemon found the task alive without a daemon. `shim` tells whether its shim lives. */
  TaskOrphaned: { readonly attempt: number; readonly pid: number | null; readonly shim: 'alive' | 'gone' };
  /** ... and took it up. */
  TaskAdopted: { readonly attempt: number; readonly pid: number | null };
  /** Gone, and nothing tells how it ended. */
  TaskLost: { readonly attempt: number; readonly reason: LossReason; readonly message: string };
  /** A pump was gone, and was replaced by a daemon, or at the end by the shim. At most what it held is lost. */
  PumpRestarted: { readonly attempt: number; readonly stream: StreamName };
  /**
   * A range of a stream was compressed, and its file is on the disk. Written before the range is given back to the
   * file system. The file is gzip, of members of 64 KiB each, so that any byte is reached by unpacking one.
   */
  LogSegmentSealed: {
    readonly stream: StreamName;
    /** From 0, in the order of the stream. */
    readonly index: number;
    /** The range's first byte, and the one after its last. */
    readonly from: number;
    readonly to: number;
    /** The newlines in the stream before the range, and in it. */
    readonly linesBefore: number;
    readonly lines: number;
    /** When the first and the last byte were seen, or null where nobody was there to see it. */
    readonly firstAt: Microseconds | null;
    readonly lastAt: Microseconds | null;
    /** The file's name in the task's folder, its size and the SHA-256 of its bytes, hex. */
    readonly file: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly members: readonly SegmentMember[];
  };
  /** Retention or a person took the oldest output of a stream. Written before the file goes. */
  LogSegmentPruned: {
    readonly stream: StreamName;
    readonly from: number;
    readonly to: number;
    /** The segment's file, or null where the range was not compressed yet. */
    readonly file: string | null;
    /** What it took on the disk. */
    readonly bytes: number;
    readonly reason: PruneReason;
  };
  /**
   * Both streams have reached their end: these are their final lengths. `besideBytes` is what stays beside them on the
   * disk (their order and times, the folders) until the last of them is gone; version 1 did not say, and has `null`.
   */
  LogClosed: { readonly stdoutBytes: number; readonly stderrBytes: number; readonly besideBytes: number | null };
  /** Somebody gave the task another name, or took it away (`null`). */
  TaskRenamed: { readonly requestId: string; readonly name: string | null };
  /** Somebody put tags on the task or took some off. Only what changed anything. */
  TaskTagged: { readonly requestId: string; readonly added: readonly string[]; readonly removed: readonly string[] };
  /** Somebody hid an ended task from lists and searches. Its facts stay, and its number still names it. */
  TaskForgotten: { readonly requestId: string };
  /**
   * The value of an environment variable of this task was removed from the store for good, and with it the same value
   * of that name in every other environment. `environments` are the hashes under which those were and are stored, so
   * that `audit --verify` knows which of them no longer fit their hash.
   */
  EnvironmentRedacted: {
    readonly requestId: string;
    readonly name: string;
    readonly environments: readonly string[];
  };
  /**
   * SIGKILL ended the task, ghost had sent none, and something says that the kernel did it for want of memory. Written
   * right after TaskExited, and not at all where nothing says so.
   */
  OutOfMemorySeen: {
    readonly attempt: number;
    /** `kernel-log`: it names the task's process. `cgroup`: the count of kills of the task's cgroup went up. */
    readonly evidence: 'kernel-log' | 'cgroup';
    /** What was seen, in words. */
    readonly message: string;
  };
}

/** Why output was taken: its task's limit, the limit of all, the free space to be left, or somebody's `ghost prune`. */
export type PruneReason = 'task-limit' | 'total-limit' | 'free-space' | 'request';

/** Where a gzip member of a segment begins: in the stream (bytes), in the file (bytes), and its newlines before it. */
export type SegmentMember = readonly [offset: number, fileOffset: number, linesBefore: number];

/** The two streams of a task that are kept. */
export type StreamName = 'stdout' | 'stderr';
/** What kind of event it is. */
export type EventType = keyof EventData;
/** Events about one task; the rest are about the daemon and have `task: null`. */
export type DaemonEventType = 'DaemonStarted' | 'DaemonStopped' | 'PeerRefused' | 'JournalRestored';
export type TaskEventType = Exclude<EventType, DaemonEventType>;

/** An event as it is appended: without its place, time and hash, which the journal gives. */
export type EventDraft = {
  [T in EventType]: {
    readonly type: T;
    readonly task: T extends DaemonEventType ? null : TaskId;
    readonly actor: Actor;
    readonly data: EventData[T];
  };
}[EventType];

/** A committed event. */
export type JournalEvent = EventDraft & {
  readonly seq: SequenceNumber;
  readonly at: Microseconds;
  /** SHA-256, hex, over the previous event's hash and this row. */
  readonly hash: string;
};

export type EventOf<T extends EventType> = Extract<JournalEvent, { type: T }>;
export type DataOf<T extends EventType> = EventData[T];
