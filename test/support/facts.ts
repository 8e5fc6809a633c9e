import type {
  Actor,
  DataOf,
  DaemonEventType,
  EventDraft,
  EventType,
  JournalEvent,
  Microseconds,
  ProcessIdentity,
  SequenceNumber,
  TaskEventType,
  TaskId,
} from '../../src/journal/events.ts';

/** Events as tests need them: one of each type, complete and plausible, with what matters to a test put over it. */

export const actor: Actor = {
  kind: 'client',
  uid: 1000,
  pid: 4242,
  client: 'ghost-cli 0.1.0',
  terminal: '/dev/pts/3',
  commandLine: 'ghost run make',
};

export function taskId(id: number): TaskId {
  return id as TaskId;
}

export function microseconds(at: number): Microseconds {
  return at as Microseconds;
}

export function identity(pid: number): ProcessIdentity {
  return { pid, startTime: String(pid * 10), bootId: 'boot-1' };
}

/** 2026-11-22T14:05:00.000Z, in microseconds. */
export const noon = microseconds(Date.UTC(2026, 10, 22, 14, 5) * 1000);

/** Data of every type; a new event type has to be added here before the tests compile. */
export const sampleData: { readonly [T in EventType]: DataOf<T> } = {
  DaemonStarted: { identity: identity(10), version: '0.1.0', protocol: 1, previous: 'none' },
  DaemonStopped: { reason: 'shutdown', tasksRunning: 2 },
  PeerRefused: { uid: 1001, pid: 77 },
  JournalRestored: { kept: 40, lost: { from: 41, to: 52 }, lastTask: 9, damaged: 'tasks.db.damaged-2026' },
  TaskSubmitted: {
    uuid: '0f0e0d0c-0b0a-4908-8706-050403020100',
    requestId: 'request-1',
    command: ['make', '-j4'],
    cwd: '/srv/app',
    environmentHash: 'e'.repeat(64),
    umask: 0o022,
    openFilesSoftLimit: 1024,
    name: 'build',
    tags: ['ci'],
    timeoutMs: null,
    restartOf: null,
  },
  TaskSpawned: { attempt: 1, shim: identity(20), shell: '/bin/sh' },
  TaskSpawnAborted: { attempt: 1, reason: 'the go never came' },
  TaskStarted: { attempt: 1, identity: identity(21), startedAt: noon },
  TaskStartFailed: { attempt: 0, reason: 'command-not-found', message: 'there is no command "mkae"' },
  SignalRequested: { requestId: 'request-2', signal: 'SIGTERM', reason: 'stop', graceMs: 10_000 },
  SignalSent: { requestId: 'request-2', signal: 'SIGTERM', reason: 'stop', processGroup: 21, answer: 'delivered' },
  TaskExited: {
    attempt: 1,
    outcome: { kind: 'exited', code: 0 },
    endedAt: microseconds(noon + 1_500_000),
    processorTime: { userMs: 120, systemMs: 30 },
    observed: 'live',
    source: 'status-file',
  },
  TaskOrphaned: { attempt: 1, pid: 21, shim: 'alive' },
  TaskAdopted: { attempt: 1, pid: 21 },
  TaskLost: { attempt: 1, reason: 'shim-killed', message: 'nothing tells how it ended' },
  PumpRestarted: { attempt: 1, stream: 'stderr' },
  LogSegmentSealed: {
    stream: 'stdout',
    index: 0,
    from: 0,
    to: 100,
    linesBefore: 0,
    lines: 9,
    firstAt: noon,
    lastAt: null,
    file: 'stdout.0000.gz',
    bytes: 40,
    sha256: 'a'.repeat(64),
    members: [[0, 0, 0]],
  },
  LogSegmentPruned: {
    stream: 'stdout',
    from: 0,
    to: 100,
    file: 'stdout.0000.gz',
    bytes: 40,
    reason: 'total-limit',
  },
  LogClosed: { stdoutBytes: 120, stderrBytes: 7, besideBytes: 12_288 },
  TaskRenamed: { requestId: 'request-3', name: 'nightly build' },
  TaskTagged: { requestId: 'request-4', added: ['nightly'], removed: ['ci'] },
  TaskForgotten: { requestId: 'request-5' },
  EnvironmentRedacted: { requestId: 'request-6', name: 'TOKEN', environments: ['e'.repeat(64)] },
  OutOfMemorySeen: { attempt: 1, evidence: 'kernel-log', message: 'Killed process 21 (make)' },
};

export const eventTypes = Object.keys(sampleData) as readonly EventType[];
const daemonEventTypes: readonly EventType[] = ['DaemonStarted', 'DaemonStopped', 'PeerRefused', 'JournalRestored'];
export const taskEventTypes = eventTypes.filter((type): type is TaskEventType => !daemonEventTypes.includes(type));

/** A draft of an event about a task. */
export function taskDraft<T extends TaskEventType>(
  type: T,
  { task = 1, data = {} }: { readonly task?: number; readonly data?: Partial<DataOf<T>> } = {},
): EventDraft {
  // The union cannot follow a type parameter; type and data come from one entry of `sampleData`.
  return { type, task: taskId(task), actor, data: { ...sampleData[type], ...data } } as EventDraft;
}

/** A draft of an event about the daemon. */
export function daemonDraft<T extends DaemonEventType>(
  type: T,
  { data = {} }: { readonly data?: Partial<DataOf<T>> } = {},
): EventDraft {
  return { type, task: null, actor, data: { ...sampleData[type], ...data } } as EventDraft;
}

/** The events that drafts become in a journal whose clock goes on by a millisecond for each. */
export function committed(
  drafts: readonly EventDraft[],
  { after = 0 }: { readonly after?: number } = {},
): readonly JournalEvent[] {
  return drafts.map((draft, index) => ({
    ...draft,
    seq: (after + index + 1) as SequenceNumber,
    at: microseconds(noon + (after + index) * 1000),
    hash: String(after + index + 1).padStart(64, '0'),
  }));
}
