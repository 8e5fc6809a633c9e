import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { bytesBelow } from '../support/bytes-below.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { configure } from '../support/segments.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const mebibyte = 2 ** 20;
/** So many that what is beside their output takes three times the limit, and their output alone less than the limit. */
const small = { tasks: 160, limit: mebibyte / 2 };

describe('all that is kept of very many tasks is within the limit of all', () => {
  test.for([
    ['on the file system of temporary files', null],
    ['on a tmpfs, where folders take nothing', 'tmpfs'],
  ] as const)('%s, also after the daemon was killed', async ([, kind]) => {
    await using disk = kind === null ? null : new SmallDisk({ kind, mebibytes: 40 });
    await using home = new GhostHome(disk === null ? {} : { within: disk.path });
    const env = configure(home, { maxTotal: `${small.limit}B`, keepFree: '0' });
    const tasks = join(home.path, 'tasks');
    const lines = join(home.work, 'lines');
    writeFileSync(lines, 'echo out; echo err >&2\n'.repeat(small.tasks));
    const numbers = (await home.ok(['run', '-c', '--batch', lines], { env })).split('\n');
    expect(numbers).toHaveLength(small.tasks);
    await home.ok(['wait', ...numbers], { env });
    await until('all of it is within the limit', () => bytesBelow(tasks) <= small.limit);
    const kept = readdirSync(tasks).length;
    expect(kept).toBeGreaterThan(small.limit / (6 * 4096));
    // The newest stay, whole.
    expect(await home.ok(['log', String(small.tasks)])).toBe('out');
    expect(readdirSync(tasks).map(Number)).toContain(small.tasks);

    await home.killDaemon();
    const lower = configure(home, { maxTotal: `${small.limit / 4}B`, keepFree: '0' });
    await home.ok(['list'], { env: lower });
    await until('the next daemon knows it all', () => bytesBelow(tasks) <= small.limit / 4);
    expect(readdirSync(tasks).length).toBeGreaterThan(kept / 8);
  });
});

test('of tasks that wrote nothing, or could not be started, nothing is kept but their facts', async () => {
  await using home = new GhostHome();
  for (const command of [['true'], ['false'], ['no-such-command'], ['sh', '-c', 'kill -9 $$']]) {
    await home.ghost(['run', '--follow', '--', ...command]);
  }
  await until('their folders are gone', () => readdirSync(join(home.path, 'tasks')).length === 0);
  expect(await home.ok(['list', '--all'])).toContain('no-such-command');
  expect(await home.ok(['log', '1'])).toBe('');
});

test('a file system that does not say how large it is, is not taken for full', async () => {
  await using disk = new SmallDisk({ kind: 'ramfs', mebibytes: 64 });
  await using home = new GhostHome({ within: disk.path });
  const id = await home.run(['echo', 'there is room']);
  await home.ended(id);
  expect(await home.ok(['log', String(id)])).toBe('there is room');
  expect(await home.ok(['doctor'])).toContain('does not say how much is free');
});
