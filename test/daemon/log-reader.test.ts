import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { readLog } from '../../src/daemon/log-reader.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { followWhole } from '../protocol/served.ts';
import { committed, taskDraft, taskId } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';

const id = taskId(1);
/** Reads the log of a task that runs and has written nothing yet. */
function followQuietTask(signal: AbortSignal): ReturnType<typeof readLog> {
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
  return readLog({ table, journal, supervisor }, task, { ...followWhole, signal });
}

test('a reader who leaves while nothing comes is let go', async () => {
  const leaving = new AbortController();
  const next = followQuietTask(leaving.signal).next();
  setImmediate(() => {
    leaving.abort(new Error('gone'));
  });
  await expect(next).rejects.toThrow('gone');
});

test('a reader who left before the daemon had looked is let go, too', async () => {
  await expect(followQuietTask(AbortSignal.abort(new Error('gone'))).next()).rejects.toThrow('gone');
});
