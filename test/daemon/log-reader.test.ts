import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { Clock } from '../../src/clock.ts';
import { readLog } from '../../src/daemon/log-reader.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import type { Microseconds } from '../../src/journal/events.ts';
import { microsecondsOf } from '../../src/microseconds.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { followWhole } from '../protocol/served.ts';
import { committed, taskDraft, taskId } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';

const id = taskId(1);
const now = '2026-11-22T14:05:00.000Z';

/** Reads the log of a task that runs and has written nothing yet. */
function followQuietTask(
  signal: AbortSignal,
  { until = null, clock = () => microsecondsOf(now) }: { until?: string | null; clock?: Clock } = {},
): ReturnType<typeof readLog> {
  const path = mkdtempSync(join(tmpdir(), 'quiet-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true });
  });
  const past = committed([taskDraft('TaskSubmitted'), taskDraft('TaskSpawned'), taskDraft('TaskStarted')]);
  const table = new LiveTable(
    { read: ({ after }) => past.slice(after), onCommit: () => () => undefined },
    new MemoryArchive(() => past),
  );
  const task = table.get(id);
  if (task === undefined) throw new Error('it was submitted');
  const supervisor = { find: () => undefined, folder: () => new TaskFolder(path, id) };
  const journal = { readOnce: () => [], findOnce: () => null };
  return readLog({ table, journal, supervisor, clock }, task, { ...followWhole, until, signal });
}

test('a reader who leaves while nothing comes is let go', async () => {
  const leaving = new AbortController();
  const next = followQuietTask(leaving.signal).next();
  setImmediate(() => {
    leaving.abort(new Error('gone'));
  });
  await expect(next).rejects.toThrow('gone');
});

test.for([
  ['has come already', 0],
  ['is to come', 5],
] as const)('a silent task is followed until a time that %s', async ([, aheadMs]) => {
  const until = new Date(Date.parse(now) + aheadMs).toISOString();
  const looks: (() => number)[] = [() => Date.parse(now), () => Date.parse(until)];
  const clock = (): Microseconds => microsecondsOf(new Date((looks.shift() ?? Date.now)()).toISOString());
  const { signal } = new AbortController();
  expect(await followQuietTask(signal, { until, clock }).next()).toMatchObject({
    done: true,
    value: { reason: 'running' },
  });
  expect(looks).toHaveLength(aheadMs === 0 ? 1 : 0);
});

test('a reader who left before the daemon had looked is let go, too', async () => {
  await expect(followQuietTask(AbortSignal.abort(new Error('gone'))).next()).rejects.toThrow('gone');
});
