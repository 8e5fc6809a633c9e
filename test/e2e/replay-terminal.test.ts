import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { orderRecordBytes } from '../../src/daemon/order-index.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { Terminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const hourMicroseconds = 3_600_000_000;

/**
 * A task that wrote `one`, `two` and `three` an hour apart. It did not: the times that its index has are set, so that no
 * test has to wait, and nothing comes by itself while a test looks.
 */
async function hourly(home: GhostHome): Promise<void> {
  await home.run(['sh', '-c', 'for word in one two three; do echo $word; sleep 0.1; done']);
  await home.ok(['wait', '1']);
  await until('the log is complete', () => home.events({ type: 'LogClosed', task: 1 }).length === 1);
  const file = join(home.path, 'tasks', '1', 'order.idx');
  const index = readFileSync(file);
  const records = index.length / orderRecordBytes;
  expect(records, 'the words were seen one by one').toBe(3);
  const first = index.readDoubleLE(0);
  for (let record = 1; record < records; record += 1) {
    index.writeDoubleLE(first + record * hourMicroseconds, record * orderRecordBytes);
  }
  writeFileSync(file, index);
}

/** Whether the terminal echoes what is typed, as it does while nobody has taken it: in the words of stty(1). */
const echo = `echo "left $? $(stty -a | grep -ow -e '-\\?echo' | head -1) $(stty -a | grep -ow -e '-\\?icanon')"`;
const restored = 'left 0 echo icanon';

describe('a replay in a terminal', () => {
  test('shows piece after piece at the press of a dot, and gives the terminal back at its end', async () => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await Terminal.open(home);
    await terminal.type(`ghost replay 1; ${echo}`);
    expect(await terminal.shows(/^one$/m)).not.toMatch(/^two$/m);
    await terminal.press('.');
    expect(await terminal.shows(/^two$/m)).not.toMatch(/^three$/m);
    await terminal.press('.');
    expect(await terminal.shows(restored)).toMatch(/^one\ntwo\nthree\nleft 0 echo icanon\n\$$/m);
  });

  test('pauses and goes on with the space bar', async () => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await Terminal.open(home);
    // Of each hour a tenth of a second is waited for.
    await terminal.type(`ghost replay --idle-limit 100ms 1; ${echo}`);
    await terminal.shows(restored);
    await terminal.type('clear');
    // Paused by the dot, it would stay at two for ever.
    await terminal.type(`ghost replay --idle-limit 1h 1; ${echo}`);
    await terminal.shows(/^one$/m);
    await terminal.press('.');
    expect(await terminal.shows(/^two$/m)).not.toMatch(/^three$/m);
    await terminal.press('Space', '.');
    expect(await terminal.shows(restored)).toMatch(/^one\ntwo\nthree\nleft/m);
  });

  test.for([
    ['q', 0],
    ['C-c', 130],
  ] as const)('%s leaves it with %i', async ([key, status]) => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await Terminal.open(home);
    await terminal.type(`ghost replay 1; ${echo}`);
    await terminal.shows(/^one$/m);
    await terminal.press(key);
    expect(await terminal.shows(`left ${status} echo icanon`)).not.toMatch(/^two$/m);
  });

  test('is stopped by Ctrl-Z, with the terminal given back meanwhile, and goes on with fg', async () => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await Terminal.open(home, { columns: 200 });
    await terminal.type('ghost replay 1');
    await terminal.shows(/^one$/m);
    await terminal.press('C-z');
    await terminal.shows('Stopped');
    await terminal.type(`true; ${echo}`);
    expect(await terminal.shows(restored)).not.toMatch(/^two$/m);
    await terminal.type(`clear; fg; ${echo}`);
    await terminal.shows(/^\S+ \S+ghost\.cjs /m);
    await terminal.press('.');
    await terminal.shows(/^two$/m);
    await terminal.press('q');
    await terminal.shows(restored);
  });

  test('gives the terminal back when it is ended by SIGTERM', async () => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await Terminal.open(home);
    await terminal.type(`ghost replay 1; ${echo}`);
    await terminal.shows(/^one$/m);
    const shell = await terminal.shellPid();
    const replay = Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim());
    expect(readFileSync(`/proc/${replay}/cmdline`, 'utf8')).toContain('replay');
    process.kill(replay, 'SIGTERM');
    expect(await terminal.shows('left 143 echo icanon')).not.toMatch(/^two$/m);
  });
});
