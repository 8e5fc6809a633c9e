import { expect, test } from 'vitest';

import type { EventDraft, TaskEventType } from '../../src/journal/events.ts';
import { type TaskEvent, evolveTask, isTaskEvent } from '../../src/projections/evolve-task.ts';
import type { Task } from '../../src/projections/task.ts';
import { committed, identity, noon, sampleData, taskDraft, taskEventTypes } from '../support/facts.ts';

/** What a task is after these events, folded from nothing. */
function given(...drafts: readonly EventDraft[]): Task | undefined {
  return committed(drafts)
    .filter((event) => isTaskEvent(event))
    .reduce<Task | undefined>(evolveTask, undefined);
}

const submitted = taskDraft('TaskSubmitted');
const spawned = taskDraft('TaskSpawned');
const started = taskDraft('TaskStarted');
const exited = taskDraft('TaskExited');

/** The ways to each status. */
const pasts = {
  nothing: [],
  submitted: [submitted],
  aborted: [submitted, spawned, taskDraft('TaskSpawnAborted')],
  spawned: [submitted, spawned],
  running: [submitted, spawned, started],
  exited: [submitted, spawned, started, exited],
  lost: [submitted, spawned, started, taskDraft('TaskLost')],
  refused: [submitted, taskDraft('TaskStartFailed')],
} satisfies Record<string, readonly EventDraft[]>;

test('a submitted task has everything that was asked for, and nothing has happened to it', () => {
  const { requestId: _, ...facts } = sampleData.TaskSubmitted;
  const nothing = { segments: 0, starts: [], sealedTo: 0, sealedLines: 0, prunedTo: 0, segmentBytes: 0 };
  expect(given(...pasts.submitted)).toEqual({
    id: 1,
    ...facts,
    submittedAt: noon,
    submittedBy: submitted.actor,
    status: { kind: 'submitted', attempt: 0 },
    log: { kind: 'open' },
    stored: { stdout: nothing, stderr: nothing },
    unansweredSignals: [],
    stop: null,
    adoptions: 0,
    forgottenAt: null,
    changedBy: 1,
  });
});

test('a task goes from spawned to running to ended, and keeps what is known of each', () => {
  expect(given(...pasts.spawned)?.status).toEqual({ kind: 'spawned', attempt: 1, shim: identity(20), at: noon + 1000 });
  expect(given(...pasts.running)?.status).toEqual({
    kind: 'running',
    attempt: 1,
    shim: identity(20),
    identity: identity(21),
    startedAt: noon,
  });
  expect(given(...pasts.exited)?.status).toEqual({
    kind: 'ended',
    attempt: 1,
    outcome: {
      kind: 'exited',
      code: 0,
    },
    startedAt: noon,
    endedAt: noon + 1_500_000,
    processorTime: {
      userMs: 120,
      systemMs: 30,
    },
    shim: identity(20),
    identity: identity(21),
  });
});

test('an aborted attempt leaves the task submitted, and the next attempt may follow', () => {
  expect(given(...pasts.aborted)?.status).toEqual({ kind: 'submitted', attempt: 1 });
  const again = taskDraft('TaskSpawned', { data: { attempt: 2, shim: identity(30) } });
  expect(given(...pasts.aborted, again)?.status).toMatchObject({ kind: 'spawned', attempt: 2, shim: { pid: 30 } });
});

test('a lost task ended when that was found, and nothing is known of its processor time', () => {
  expect(given(...pasts.lost)?.status).toMatchObject({
    outcome: {
      kind: 'lost',
      reason: 'shim-killed',
    },
    startedAt: noon,
    endedAt: noon + 3000,
    processorTime: null,
  });
});

test('a task that could not be started has ended with a complete and empty log', () => {
  expect(given(...pasts.refused)).toMatchObject({
    status: { kind: 'ended', outcome: { kind: 'start-failed' }, startedAt: null, shim: null, identity: null },
    log: { kind: 'closed', stdoutBytes: 0, stderrBytes: 0 },
  });
});

test('a stop is under way until SIGKILL is answered or the task has ended, and a plain signal is none', () => {
  const stop = taskDraft('SignalRequested');
  const kill = { requestId: 'request-2', signal: 'SIGKILL', reason: 'grace-ran-out' } as const;
  const running = pasts.running;
  expect(given(...running, stop)).toMatchObject({
    unansweredSignals: [{ requestId: 'request-2', signal: 'SIGTERM', reason: 'stop' }],
    stop: { requestId: 'request-2', requestedAt: noon + 3000, graceMs: 10_000 },
  });
  const answered = [...running, stop, taskDraft('SignalSent')];
  expect(given(...answered)).toMatchObject({ unansweredSignals: [], stop: { graceMs: 10_000 } });
  const killing = [...answered, taskDraft('SignalRequested', { data: { ...kill, graceMs: null } })];
  expect(given(...killing)).toMatchObject({ unansweredSignals: [{ signal: 'SIGKILL' }], stop: { graceMs: 10_000 } });
  expect(given(...killing, taskDraft('SignalSent', { data: kill }))).toMatchObject({
    unansweredSignals: [],
    stop: null,
  });
  expect(given(...answered, exited)?.stop).toBeNull();
  expect(given(...running, taskDraft('SignalRequested', { data: { graceMs: null } }))?.stop).toBeNull();
  const others = taskDraft('SignalSent', { data: { requestId: 'other' } });
  expect(given(...running, stop, others)).toMatchObject({ unansweredSignals: [{}], stop: { graceMs: 10_000 } });
  // The daemon may have died before it could send it, so that the promise still stands.
  const unknown = taskDraft('SignalSent', { data: { ...kill, answer: 'unknown' } });
  expect(given(...killing, unknown)).toMatchObject({ unansweredSignals: [], stop: { graceMs: 10_000 } });
});

test('adoptions are counted, and the streams may be complete long after the end', () => {
  expect(given(...pasts.running, taskDraft('TaskOrphaned'), taskDraft('TaskAdopted'))?.adoptions).toBe(1);
  expect(given(...pasts.exited, taskDraft('LogClosed'))).toMatchObject({
    status: { kind: 'ended' },
    log: { kind: 'closed', stdoutBytes: 120, stderrBytes: 7 },
  });
});

/** The statuses in which an event of a type changes something; in all others it leaves the task as it is. */
const fits: { readonly [T in TaskEventType]: readonly (keyof typeof pasts)[] } = {
  TaskSubmitted: ['nothing'],
  TaskSpawned: ['submitted'],
  // Of a shim that ended before its TaskSpawned, too.
  TaskSpawnAborted: ['submitted', 'spawned'],
  TaskStarted: ['spawned'],
  TaskStartFailed: ['submitted', 'aborted', 'spawned', 'running'],
  TaskExited: ['submitted', 'aborted', 'spawned', 'running'],
  TaskLost: ['submitted', 'aborted', 'spawned', 'running'],
  // What a task left behind is signalled after its end.
  SignalRequested: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  SignalSent: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  TaskOrphaned: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  TaskAdopted: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  PumpRestarted: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  LogSegmentSealed: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  LogSegmentPruned: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  LogClosed: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost'],
  TaskRenamed: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  TaskTagged: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  TaskForgotten: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  EnvironmentRedacted: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
  OutOfMemorySeen: ['submitted', 'aborted', 'spawned', 'running', 'exited', 'lost', 'refused'],
};

const names = Object.keys(pasts) as readonly (keyof typeof pasts)[];
test.each(taskEventTypes.flatMap((type) => names.map((status) => [type, status] as const)))(
  '%s after "%s" changes the task where it fits, and leaves it where not',
  (type, status) => {
    const before = given(...pasts[status]);
    const [event] = committed([taskDraft(type)], { after: pasts[status].length }) as readonly TaskEvent[];
    if (event === undefined) throw new Error('one draft gives one event');
    const after = evolveTask(before, event);
    const changes = fits[type].includes(status);
    expect({ changed: after !== before, changedBy: after?.changedBy }).toEqual({
      changed: changes,
      changedBy: changes ? event.seq : before?.changedBy,
    });
  },
);

test('an event of another attempt than the one that waits is not taken for it', () => {
  const other = { attempt: 2 };
  expect(given(...pasts.spawned, taskDraft('TaskStarted', { data: other }))?.status).toMatchObject({
    kind: 'spawned',
    attempt: 1,
  });
  expect(given(...pasts.spawned, taskDraft('TaskSpawnAborted', { data: other }))?.status).toMatchObject({
    kind: 'spawned',
    attempt: 1,
  });
});
