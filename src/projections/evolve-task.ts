import type { EventOf, JournalEvent, Outcome, StreamName, TaskEventType } from '../journal/events.ts';
import { inBlocks } from './stored-bytes.ts';
import type { EndedStatus, StoredStream, Task, TaskStatus } from './task.ts';

export type TaskEvent = EventOf<TaskEventType>;

/** Whether an event is about a task. */
export function isTaskEvent(event: JournalEvent): event is TaskEvent {
  return event.task !== null;
}

/**
 * What is true of a task after one more event. Pure and total: an event that does not fit (a journal that was cut, a
 * newer ghost's order of things) leaves the task as it is.
 */
export function evolveTask(task: Task | undefined, event: TaskEvent): Task | undefined {
  if (event.type === 'TaskSubmitted') return task ?? submitted(event);
  if (task === undefined) return undefined;
  const changed = { ...task, changedBy: event.seq };
  const { status } = task;
  switch (event.type) {
    case 'TaskSpawned': {
      const { attempt, shim } = event.data;
      if (status.kind !== 'submitted' || attempt <= status.attempt) return task;
      return { ...changed, status: { kind: 'spawned', attempt, shim, at: event.at } };
    }
    case 'TaskSpawnAborted': {
      // Also of a shim that ended before it could be recorded, so that no TaskSpawned came before.
      const { attempt } = event.data;
      const isNext = status.kind === 'submitted' && attempt > status.attempt;
      const isThis = status.kind === 'spawned' && attempt === status.attempt;
      return isNext || isThis ? { ...changed, status: { kind: 'submitted', attempt } } : task;
    }
    case 'TaskStarted': {
      const { attempt, identity, startedAt } = event.data;
      if (status.kind !== 'spawned' || attempt !== status.attempt) return task;
      return { ...changed, status: { kind: 'running', attempt, shim: status.shim, identity, startedAt } };
    }
    case 'TaskStartFailed': {
      const { reason, message } = event.data;
      return end(task, event, { kind: 'start-failed', reason, message });
    }
    case 'TaskExited':
      return end(task, event, event.data.outcome);
    case 'TaskLost': {
      const { reason, message } = event.data;
      return end(task, event, { kind: 'lost', reason, message });
    }
    case 'SignalRequested': {
      const { requestId, signal, reason, graceMs } = event.data;
      return {
        ...changed,
        unansweredSignals: [...task.unansweredSignals, { requestId, signal, reason }],
        stop: graceMs === null ? task.stop : { requestId, requestedAt: event.at, graceMs },
      };
    }
    case 'SignalSent': {
      const { requestId, signal, answer } = event.data;
      return {
        ...changed,
        unansweredSignals: task.unansweredSignals.filter(
          (request) => request.requestId !== requestId || request.signal !== signal,
        ),
        // After SIGKILL nothing follows any more; but a daemon may have died before it could send that.
        stop: signal === 'SIGKILL' && answer !== 'unknown' ? null : task.stop,
      };
    }
    case 'TaskAdopted':
      return { ...changed, adoptions: task.adoptions + 1 };
    case 'LogSegmentSealed': {
      const { stream, from, to, linesBefore, lines, bytes } = event.data;
      const before = task.stored[stream];
      return withStored(changed, stream, {
        ...before,
        segments: before.segments + 1,
        starts: [...before.starts, from],
        sealedTo: Math.max(before.sealedTo, to),
        sealedLines: linesBefore + lines,
        segmentBytes: before.segmentBytes + inBlocks(bytes),
      });
    }
    case 'LogSegmentPruned': {
      const { stream, to, file, bytes } = event.data;
      const before = task.stored[stream];
      return withStored(changed, stream, {
        ...before,
        sealedTo: Math.max(before.sealedTo, to),
        prunedTo: Math.max(before.prunedTo, to),
        starts: before.starts.filter((start) => start >= to),
        segmentBytes: before.segmentBytes - (file === null ? 0 : inBlocks(bytes)),
      });
    }
    case 'LogClosed': {
      if (task.log.kind === 'closed') return task;
      return { ...changed, log: { kind: 'closed', ...event.data } };
    }
    case 'TaskRenamed':
      return { ...changed, name: event.data.name };
    case 'TaskTagged': {
      const { added, removed } = event.data;
      return { ...changed, tags: [...new Set([...task.tags, ...added])].filter((tag) => !removed.includes(tag)) };
    }
    case 'TaskForgotten':
      return { ...changed, forgottenAt: event.at };
    case 'TaskOrphaned':
    case 'PumpRestarted':
    case 'EnvironmentRedacted':
    case 'OutOfMemorySeen':
      return changed;
  }
}

const nothingStored: StoredStream = {
  segments: 0,
  starts: [],
  sealedTo: 0,
  sealedLines: 0,
  prunedTo: 0,
  segmentBytes: 0,
};

function withStored(task: Task, stream: StreamName, stored: StoredStream): Task {
  return { ...task, stored: { ...task.stored, [stream]: stored } };
}

function submitted({ task, seq, at, actor, data }: EventOf<'TaskSubmitted'>): Task {
  const { requestId: _, ...facts } = data;
  return {
    id: task,
    ...facts,
    submittedAt: at,
    submittedBy: actor,
    status: { kind: 'submitted', attempt: 0 },
    log: { kind: 'open' },
    stored: { stdout: nothingStored, stderr: nothingStored },
    unansweredSignals: [],
    stop: null,
    adoptions: 0,
    forgottenAt: null,
    changedBy: seq,
  };
}

function end(task: Task, event: EventOf<'TaskExited' | 'TaskLost' | 'TaskStartFailed'>, outcome: Outcome): Task {
  if (task.status.kind === 'ended') return task;
  const status: EndedStatus = {
    kind: 'ended',
    attempt: event.data.attempt,
    outcome,
    ...whatRan(task.status),
    endedAt: event.type === 'TaskExited' ? event.data.endedAt : event.at,
    processorTime: event.type === 'TaskExited' ? event.data.processorTime : null,
  };
  // A task that never started has no output to wait for.
  const log =
    event.type === 'TaskStartFailed'
      ? ({ kind: 'closed', stdoutBytes: 0, stderrBytes: 0, besideBytes: 0 } as const)
      : task.log;
  return { ...task, status, stop: null, log, changedBy: event.seq };
}

function whatRan(status: TaskStatus): Pick<EndedStatus, 'startedAt' | 'shim' | 'identity'> {
  switch (status.kind) {
    case 'running':
      return { startedAt: status.startedAt, shim: status.shim, identity: status.identity };
    case 'spawned':
      return { startedAt: null, shim: status.shim, identity: null };
    case 'submitted':
    case 'ended':
      return { startedAt: null, shim: null, identity: null };
  }
}
