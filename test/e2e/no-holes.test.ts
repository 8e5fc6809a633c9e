import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { bytesOnDisk } from '../../src/daemon/file-system.ts';
import { type Kernel, loadKernel } from '../../src/daemon/kernel.ts';
import type { LogSettings } from '../../src/settings.ts';
import { bytesBelow } from '../support/bytes-below.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { serveInProcess } from '../support/in-process-daemon.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { segmentFaults, taskFolder, unpacked } from '../support/segments.ts';
import { until } from '../support/until.ts';

const mebibyte = 2 ** 20;
const flooders = 10;

/** The kernel as it is on a file system that answers EOPNOTSUPP: fallocate(2). */
function withoutHoles(): Kernel {
  return { ...loadKernel(), punchHole: (_, { from, to }) => Promise.resolve(to <= from) };
}

async function serve(home: GhostHome, logs: Partial<LogSettings>): Promise<AsyncDisposable> {
  return await serveInProcess(home, { kernel: withoutHoles(), logs: { keepFreeBytes: 0, ...logs } });
}

test('where a file gives nothing back, a running log stays whole, and is compressed and takes its spool away at its end', async () => {
  await using home = new GhostHome();
  await using _ = await serve(home, { segmentBytes: 256 * 1024, perTaskBytes: 1 * mebibyte });
  const told = readFileSync(join(home.path, 'daemon.log'), 'utf8');
  expect(told.match(/gives no space back inside a file/g)).toHaveLength(1);
  const gate = join(home.work, 'gate');
  const id = await home.run([
    'sh',
    '-c',
    `seq 400000 | tee ${join(home.work, 'copy')}; while [ ! -e ${gate} ]; do sleep 0.05; done`,
  ]);
  const copy = (): string => readFileSync(join(home.work, 'copy'), 'utf8');
  await until(
    'all of it is written',
    () => bytesOnDisk(join(taskFolder(home, id), 'spool', 'stdout')) > 2.5 * mebibyte && copy().endsWith('\n400000\n'),
  );
  // Past its own limit by far, and yet nothing of it is gone, since nothing would be won.
  expect((await home.ghost(['log', String(id)])).stdout).toBe(copy());
  expect(home.events({ type: 'LogSegmentSealed' })).toEqual([]);
  await home.ghost(['run', 'touch', gate]);
  await home.ended(id);
  await until('its spool is gone', () => !existsSync(join(taskFolder(home, id), 'spool', 'stdout')));
  expect(segmentFaults(home, id)).toEqual([]);
  expect(unpacked(home, id).toString()).toBe(copy());
  expect((await home.ghost(['log', String(id)])).stdout).toBe(copy());
  expect(journalFaults(home)).toEqual([]);
});

test('where a file gives nothing back, ten floods that end are kept within the limit one after the other', async () => {
  await using home = new GhostHome();
  const total = 4 * mebibyte;
  await using _ = await serve(home, { segmentBytes: 256 * 1024, total: { kind: 'bytes', value: total } });
  const running = await home.run(['sh', '-c', 'head -c 1000000 /dev/urandom; exec sleep 600']);
  const tasks: number[] = [];
  for (let count = 0; count < flooders; count += 1) {
    tasks.push(await home.run(['sh', '-c', 'head -c 1000000 /dev/urandom; sleep 0.1']));
  }
  for (const id of tasks) await home.ended(id);
  await until('what is left is within the limit', () => bytesBelow(join(home.path, 'tasks')) < total + 0.3 * mebibyte);
  // The one that runs has lost nothing, though it is the oldest.
  expect(home.events({ type: 'LogSegmentPruned', task: running })).toEqual([]);
  expect((await home.ghost(['log', '--json', '-n', '1', String(running)])).status).toBe(0);
  const pruned = new Set(home.events({ type: 'LogSegmentPruned' }).map(({ task }) => task));
  expect(pruned.size).toBeGreaterThanOrEqual(flooders - 4);
  expect(journalFaults(home)).toEqual([]);
});
