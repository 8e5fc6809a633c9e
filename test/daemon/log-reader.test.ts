import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { Clock } from '../../src/clock.ts';
import { readLog } from '../../src/daemon/log-reader.ts';
import { memberBytes } from '../../src/daemon/segment-file.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import type { Microseconds } from '../../src/journal/events.ts';
import { microsecondsOf } from '../../src/microseconds.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { logBlockBytesMax, logChunkBytesMax, logPartsMax } from '../../src/protocol/limits.ts';
import { followWhole, readAll } from '../protocol/served.ts';
import { committed, taskDraft, taskId } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';
import { LogSample } from './log-sample.ts';

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

test('a batch has so many parts at the most', async () => {
  for (const [parts, batches] of [
    [logPartsMax, [logPartsMax]],
    [logPartsMax + 1, [logPartsMax, 1]],
  ] as const) {
    using log = new LogSample({ noted: Array.from({ length: parts }, () => ({ stdout: 'x', stderr: '' })) });
    const { items } = await readAll(log.items({ batches: true }));
    expect(items.map((item) => ('parts' in item ? item.parts.length : null))).toEqual(batches);
  }
});

test('a chunk and a part of a batch have so many bytes at the most', async () => {
  for (const [bytes, sizes] of [
    [logChunkBytesMax, [logChunkBytesMax]],
    [logChunkBytesMax + 1, [logChunkBytesMax, 1]],
  ] as const) {
    using log = new LogSample({ noted: [{ stdout: 'x'.repeat(bytes), stderr: '' }] });
    const { items } = await readAll(log.items());
    expect(items.map((item) => ('parts' in item ? null : item.data.length))).toEqual(sizes);
    await log.seal('stdout', { to: bytes });
    const inBatches = await readAll(log.items({ batches: true }));
    const ends = inBatches.items.flatMap((item) => ('parts' in item ? item.parts.map(([, , stdout]) => stdout) : []));
    expect(ends.map((end, index) => end - (ends[index - 1] ?? 0))).toEqual(sizes);
  }
});

test('a block has so many bytes, and more only where the last of them is packed together with others', async () => {
  const bytes = logBlockBytesMax + memberBytes;
  using log = new LogSample({ noted: [{ stdout: 'x'.repeat(bytes), stderr: '' }] });
  await log.seal('stdout', { to: bytes });
  const blocks = async (to: number): Promise<readonly (number | undefined)[]> => {
    const { items } = await readAll(log.items({ batches: true, before: { stdout: to, stderr: 0 } }));
    return items.map((item) => ('parts' in item ? item.block?.bytes : undefined));
  };
  expect(await blocks(logBlockBytesMax)).toEqual([logBlockBytesMax]);
  expect(await blocks(logBlockBytesMax - 1)).toEqual([logBlockBytesMax]);
  // A byte is unpacked for whoever wants no more.
  expect(await blocks(logBlockBytesMax + 1)).toEqual([logBlockBytesMax, 1]);
  expect(await blocks(bytes)).toEqual([logBlockBytesMax, memberBytes]);
});
