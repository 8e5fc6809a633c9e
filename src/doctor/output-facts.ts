import type { JournalEvent, ProcessIdentity, StreamName, TaskId } from '../journal/events.ts';

/** What the journal tells of a task's files and processes, and no more: of a million tasks it is held at once. */
export interface OutputFacts {
  readonly ended: boolean;
  readonly shim: ProcessIdentity | null;
  readonly identity: ProcessIdentity | null;
  /** The streams' final lengths, or null while they are open. */
  readonly closed: { readonly [S in StreamName]: number } | null;
  readonly streams: { readonly [S in StreamName]: StreamFacts };
}

interface StreamFacts {
  readonly sealed: number;
  readonly sealedTo: number;
  readonly prunedTo: number;
  /** The size of each segment's file that should be there, by its name. */
  readonly files: ReadonlyMap<string, number>;
  /** The files whose end the journal tells of. */
  readonly prunedFiles: ReadonlySet<string>;
}

const nothing: StreamFacts = { sealed: 0, sealedTo: 0, prunedTo: 0, files: new Map(), prunedFiles: new Set() };
const submitted: OutputFacts = {
  ended: false,
  shim: null,
  identity: null,
  closed: null,
  streams: { stdout: nothing, stderr: nothing },
};

export type FactsTable = Map<TaskId, OutputFacts>;

/** Adds an event to the table, which is changed in place. */
export function noteFact(table: FactsTable, event: JournalEvent): void {
  if (event.task === null) return;
  const before = table.get(event.task) ?? submitted;
  const after = evolveFacts(before, event);
  if (after !== before || !table.has(event.task)) table.set(event.task, after);
}

function evolveFacts(facts: OutputFacts, event: JournalEvent): OutputFacts {
  switch (event.type) {
    case 'TaskSpawned':
      return { ...facts, shim: event.data.shim };
    case 'TaskStarted':
      return { ...facts, identity: event.data.identity };
    case 'TaskStartFailed':
      // A task that never started has no output to wait for.
      return { ...facts, ended: true, closed: { stdout: 0, stderr: 0 } };
    case 'TaskExited':
    case 'TaskLost':
      return { ...facts, ended: true };
    case 'LogClosed': {
      const { stdoutBytes: stdout, stderrBytes: stderr } = event.data;
      return { ...facts, closed: { stdout, stderr } };
    }
    case 'LogSegmentSealed': {
      const { stream, to, file, bytes, index } = event.data;
      const { files, ...stored } = facts.streams[stream];
      const changed = { ...stored, sealed: index + 1, sealedTo: to, files: new Map(files).set(file, bytes) };
      return { ...facts, streams: { ...facts.streams, [stream]: changed } };
    }
    case 'LogSegmentPruned': {
      const { stream, to, file } = event.data;
      const stored = facts.streams[stream];
      const files = new Map(stored.files);
      if (file !== null) files.delete(file);
      const changed: StreamFacts = {
        ...stored,
        sealedTo: Math.max(stored.sealedTo, to),
        prunedTo: Math.max(stored.prunedTo, to),
        files,
        prunedFiles: file === null ? stored.prunedFiles : new Set(stored.prunedFiles).add(file),
      };
      return { ...facts, streams: { ...facts.streams, [stream]: changed } };
    }
    case 'DaemonStarted':
    case 'DaemonStopped':
    case 'PeerRefused':
    case 'JournalRestored':
    case 'TaskSubmitted':
    case 'TaskSpawnAborted':
    case 'SignalRequested':
    case 'SignalSent':
    case 'TaskOrphaned':
    case 'TaskAdopted':
    case 'PumpRestarted':
    case 'TaskRenamed':
    case 'TaskTagged':
    case 'TaskForgotten':
    case 'EnvironmentRedacted':
    case 'OutOfMemorySeen':
      return facts;
  }
}
