import { expect, test } from 'vitest';

import type { EventDraft } from '../../src/journal/events.ts';
import { evolveTask } from '../../src/projections/evolve-task.ts';
import { besideBytesAssumed, finalSealBytes } from '../../src/projections/stored-bytes.ts';
import { isUnsealed, outputBytes } from '../../src/projections/task-row.ts';
import type { Task } from '../../src/projections/task.ts';
import { committed, taskDraft } from '../support/facts.ts';

const block = 4096;
const life = [taskDraft('TaskSubmitted'), taskDraft('TaskSpawned'), taskDraft('TaskStarted'), taskDraft('TaskExited')];

/** A task to which, after its end, this happened. */
function taskAfter(...drafts: readonly EventDraft[]): Task {
  const task = committed([...life, ...drafts]).reduce<Task | undefined>(
    (state, event) => (event.task === null ? state : evolveTask(state, event)),
    undefined,
  );
  if (task === undefined) throw new Error('it was submitted');
  return task;
}

/** What its output takes. */
function bytesAfter(...drafts: readonly EventDraft[]): number {
  return outputBytes(taskAfter(...drafts));
}

const closed = (besideBytes: number | null, stdoutBytes = 10_000): EventDraft =>
  taskDraft('LogClosed', { data: { stdoutBytes, stderrBytes: 1, besideBytes } });
const sealed = taskDraft('LogSegmentSealed', { data: { from: 0, to: 9_000, bytes: block + 1 } });
const prunes = {
  segment: taskDraft('LogSegmentPruned', { data: { from: 0, to: 9_000, bytes: block + 1 } }),
  restOfStdout: taskDraft('LogSegmentPruned', { data: { from: 9_000, to: 10_000, bytes: block, file: null } }),
  stderr: taskDraft('LogSegmentPruned', { data: { stream: 'stderr', from: 0, to: 1, bytes: block, file: null } }),
};

test('the output of an ended task takes whole blocks, and what is beside it', () => {
  expect(bytesAfter()).toBe(0);
  expect(bytesAfter(closed(5 * block))).toBe((3 + 1 + 5) * block);
  // The segment takes two; of the spool those from the one on in which it ends.
  expect(bytesAfter(closed(5 * block), sealed)).toBe((2 + 1 + 1 + 5) * block);
  expect(bytesAfter(closed(5 * block), sealed, prunes.segment)).toBe((1 + 1 + 5) * block);
});

test('what is beside it counts until the last of it is gone, and of a task that wrote nothing it never does', () => {
  const most = [closed(5 * block), sealed, prunes.segment, prunes.restOfStdout];
  expect(bytesAfter(...most)).toBe((1 + 5) * block);
  expect(bytesAfter(...most, prunes.stderr)).toBe(0);
  const nothing = { stdoutBytes: 0, stderrBytes: 0, besideBytes: 2 * block };
  expect(bytesAfter(taskDraft('LogClosed', { data: nothing }))).toBe(0);
});

test('where nobody measured what is beside it, as many blocks are taken as most have', () => {
  expect(bytesAfter(closed(null))).toBe((3 + 1) * block + besideBytesAssumed);
});

test('what is left of a stream is to be compressed from so many bytes on, and where some of it is already', () => {
  expect(isUnsealed(taskAfter(closed(0, finalSealBytes - 1)))).toBe(false);
  expect(isUnsealed(taskAfter(closed(0, finalSealBytes)))).toBe(true);
  expect(isUnsealed(taskAfter(closed(0, 9_001), sealed))).toBe(true);
  expect(isUnsealed(taskAfter(closed(0, 9_000), sealed))).toBe(false);
});
