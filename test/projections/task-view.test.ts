import { expect, test } from 'vitest';

import type { EventDraft, Outcome } from '../../src/journal/events.ts';
import { isTaskEvent, evolveTask } from '../../src/projections/evolve-task.ts';
import { type TaskView, stateOf, taskStates, viewTask } from '../../src/projections/task-view.ts';
import type { Task } from '../../src/projections/task.ts';
import { committed, microseconds, noon, taskDraft } from '../support/facts.ts';

function viewOf(...drafts: readonly EventDraft[]): TaskView {
  const task = committed([taskDraft('TaskSubmitted'), ...drafts])
    .filter((event) => isTaskEvent(event))
    .reduce<Task | undefined>(evolveTask, undefined);
  if (task === undefined) throw new Error('it was submitted');
  return viewTask(task);
}

const spawned = taskDraft('TaskSpawned');
const started = taskDraft('TaskStarted');
const nothing = {
  pid: null,
  startedAt: null,
  endedAt: null,
  durationMs: null,
  exitCode: null,
  signal: null,
  reason: null,
};
const began = { pid: 21, startedAt: '2026-11-22T14:05:00.000Z' };
const ran = { ...began, endedAt: '2026-11-22T14:05:01.500Z', durationMs: 1500 };

test.each<[string, readonly EventDraft[], Partial<TaskView>]>([
  ['submitted', [], { state: 'running' }],
  ['spawned', [spawned], { state: 'running' }],
  ['running', [spawned, started], { state: 'running', ...began }],
  ['exited with 0', [spawned, started, taskDraft('TaskExited')], { state: 'exited', ...ran, exitCode: 0 }],
  [
    'exited with 3',
    [spawned, started, taskDraft('TaskExited', { data: { outcome: { kind: 'exited', code: 3 } } })],
    { state: 'failed', ...ran, exitCode: 3 },
  ],
  [
    'ended by a signal',
    [spawned, started, taskDraft('TaskExited', { data: { outcome: { kind: 'signaled', signal: 'SIGSEGV' } } })],
    { state: 'killed', ...ran, signal: 'SIGSEGV' },
  ],
  [
    'refused',
    [taskDraft('TaskStartFailed')],
    { state: 'failed', endedAt: '2026-11-22T14:05:00.001Z', reason: 'there is no command "mkae"' },
  ],
  [
    'lost while it ran',
    [spawned, started, taskDraft('TaskLost')],
    { state: 'lost', ...began, reason: 'nothing tells how it ended' },
  ],
  [
    'lost before it was seen to run',
    [spawned, taskDraft('TaskLost')],
    { state: 'lost', reason: 'nothing tells how it ended' },
  ],
])('a task that is %s is shown with what is known of it, and null for the rest', (_, drafts, expected) => {
  expect(viewOf(...drafts)).toEqual({
    id: 1,
    uuid: '0f0e0d0c-0b0a-4908-8706-050403020100',
    name: 'build',
    tags: ['ci'],
    command: ['make', '-j4'],
    cwd: '/srv/app',
    ...nothing,
    ...expected,
  });
});

test('a clock that was set back while a task ran gives no negative duration', () => {
  const early = taskDraft('TaskExited', { data: { endedAt: microseconds(noon - 5_000_000) } });
  expect(viewOf(spawned, started, early).durationMs).toBe(0);
});

test('every state but running is that of an outcome', () => {
  const outcomes: readonly Outcome[] = [
    { kind: 'exited', code: 0 },
    { kind: 'exited', code: 255 },
    { kind: 'signaled', signal: 'SIGKILL' },
    { kind: 'start-failed', reason: 'spawn-failed', message: '' },
    { kind: 'lost', reason: 'machine-rebooted', message: '' },
  ];
  expect(outcomes.map(stateOf)).toEqual(['exited', 'failed', 'killed', 'failed', 'lost']);
  expect(new Set(['running', ...outcomes.map(stateOf)])).toEqual(new Set(taskStates));
});
