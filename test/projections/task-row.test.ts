import { expect, test } from 'vitest';

import type { EventDraft } from '../../src/journal/events.ts';
import { evolveTask } from '../../src/projections/evolve-task.ts';
import { besideBytesAssumed } from '../../src/projections/stored-bytes.ts';
import { outputBytes } from '../../src/projections/task-row.ts';
import type { Task } from '../../src/projections/task.ts';
import { committed, taskDraft } from '../support/facts.ts';

const block = 4096;
const life = [taskDraft('TaskSubmitted'), taskDraft('TaskSpawned'), taskDraft('TaskStarted'), taskDraft('TaskExited')];

/** What the output takes of a task to which, after its end, this happened. */
function bytesAfter(...drafts: readonly EventDraft[]): number {
  const task = committed([...life, ...drafts]).reduce<Task | undefined>(
    (state, event) => (event.task === null ? state : evolveTask(state, event)),
    undefined,
  );
  return task === undefined ? Number.NaN : outputBytes(task);
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
