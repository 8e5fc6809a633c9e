import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { orderRecordBytes } from '../../src/daemon/order-index.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { ghostOnPath } from '../support/ghost-on-path.ts';
import { TestTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const hourMs = 3_600_000;

/**
 * A task that wrote `one`, `two` and `three` an hour apart. It did not: the times that its index has are set, so that no
 * test has to wait, and nothing comes by itself while a test looks.
 */
async function hourly(home: GhostHome, { lastMs = hourMs }: { readonly lastMs?: number } = {}): Promise<void> {
  const file = join(home.path, 'tasks', '1', 'order.idx');
  // Each word waits until the one before it was seen, so that they are seen one by one.
  const noted = `[ "$(stat -c %s "$0" 2>/dev/null || echo 0)" -ge $((seen * ${orderRecordBytes})) ]`;
  const words = `seen=0; for word in one two three; do echo $word; seen=$((seen + 1)); until ${noted}; do sleep 0.02; done; done`;
  await home.run(['sh', '-c', words, file]);
  await home.ok(['wait', '1']);
  await until('the log is complete', () => home.events({ type: 'LogClosed', task: 1 }).length === 1);
  const index = readFileSync(file);
  const records = index.length / orderRecordBytes;
  expect(records, 'the words were seen one by one').toBe(3);
  const first = index.readDoubleLE(0);
  for (const [place, afterMs] of [hourMs, hourMs + lastMs].entries()) {
    index.writeDoubleLE(first + afterMs * 1000, (place + 1) * orderRecordBytes);
  }
  writeFileSync(file, index);
}

/** A terminal in which `ghost` is a program, so that the shell says its name where it is continued. */
async function terminalOf(home: GhostHome): Promise<TestTerminal> {
  return await TestTerminal.open(home, { env: ghostOnPath(home), shell: 'bash --norc --noprofile' });
}

/** How it ended, and whether the terminal echoes what is typed and gives lines, as it does while nobody has taken it. */
const echo = `echo "left $? $(stty -a | grep -ow -e '-\\?echo' -e '-\\?icanon' | sort | tr '\\n' ' ')"`;
const leftWith = (status: number): string => `left ${status} echo icanon`;

describe('a replay in a terminal', () => {
  test('shows piece after piece at the press of a dot, and gives the terminal back at its end', async () => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await terminalOf(home);
    await terminal.command(`ghost replay 1; ${echo}`);
    expect(await terminal.sees(/^one$/m)).not.toMatch(/^two$/m);
    await terminal.press('.');
    expect(await terminal.sees(/^two$/m)).not.toMatch(/^three$/m);
    await terminal.press('.');
    expect(await terminal.sees(leftWith(0))).toMatch(/^one\ntwo\nthree\nleft 0 echo icanon/m);
  });

  test('pauses and goes on with the space bar', async () => {
    await using home = new GhostHome();
    // The dot pauses, so that the last word comes when the space bar is pressed, and a moment after.
    await hourly(home, { lastMs: 200 });
    await using terminal = await terminalOf(home);
    await terminal.command(`ghost replay 1; ${echo}`);
    await terminal.sees(/^one$/m);
    await terminal.press('.');
    expect(await terminal.sees(/^two$/m)).not.toMatch(/^three$/m);
    await terminal.press('space');
    expect(await terminal.sees(leftWith(0))).toMatch(/^one\ntwo\nthree\nleft/m);
  });

  test.for([
    ['q', 0],
    ['ctrl-c', 130],
  ] as const)('%s leaves it with %i', async ([key, status]) => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await terminalOf(home);
    await terminal.command(`ghost replay 1; ${echo}`);
    await terminal.sees(/^one$/m);
    await terminal.press(key);
    expect(await terminal.sees(leftWith(status))).not.toMatch(/^two$/m);
  });

  test('is stopped by Ctrl-Z, with the terminal given back meanwhile, and goes on with fg', async () => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await terminalOf(home);
    await terminal.command('ghost replay 1');
    await terminal.sees(/^one$/m);
    await terminal.press('ctrl-z');
    await terminal.sees('Stopped');
    await terminal.command(`true; ${echo}`);
    expect(await terminal.sees(leftWith(0))).not.toMatch(/^two$/m);
    await terminal.command(`fg; ${echo}`);
    await terminal.sees(/^ghost replay 1$/m);
    // Before that the terminal would show the dot.
    await terminal.hasKeysTaken();
    await terminal.press('.');
    await terminal.sees(/^two$/m);
    await terminal.press('q');
    expect(await terminal.sees(/^left 0 echo icanon[^]*^left 0 echo icanon/m)).not.toMatch(/^three$/m);
  });

  test('gives the terminal back when it is ended by SIGTERM', async () => {
    await using home = new GhostHome();
    await hourly(home);
    await using terminal = await terminalOf(home);
    await terminal.command(`echo "pid $$"; ghost replay 1; ${echo}`);
    const shown = await terminal.sees(/^one$/m);
    const shell = /^pid (\d+)$/m.exec(shown)?.[1] ?? '';
    const replay = Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim());
    expect(readFileSync(`/proc/${replay}/cmdline`, 'utf8')).toContain('replay');
    process.kill(replay, 'SIGTERM');
    expect(await terminal.sees(leftWith(143))).not.toMatch(/^two$/m);
  });
});
