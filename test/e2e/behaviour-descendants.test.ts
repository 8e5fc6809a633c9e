import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { connect } from '../../src/client/library.ts';
import { linuxProcessTable } from '../../src/daemon/process-table.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { serveInProcess } from '../support/in-process-daemon.ts';
import { numberIn } from '../support/number-in.ts';
import { until } from '../support/until.ts';

/** The number that a task's process has written into a file of the test's folder. */
async function pidIn(home: GhostHome, name: string): Promise<number> {
  return until(`${name} is written`, () => numberIn(join(home.work, name)));
}

const late = 'sh -c "echo \\$\\$ > child; while [ ! -e gate ]; do sleep 0.05; done; echo late" &';

test('a task that closes its output early runs on, and its end is recorded', async () => {
  await using home = new GhostHome();
  const id = await home.run([
    'sh',
    '-c',
    'echo last; exec >&- 2>&- <&-; echo $$ > pid; while [ ! -e gate ]; do sleep 0.05; done; exit 4',
  ]);
  const pid = await pidIn(home, 'pid');
  expect(await home.task(id)).toMatchObject({ state: 'running', pid });
  writeFileSync(join(home.work, 'gate'), '');
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 4 });
  expect(await home.ok(['log', String(id)])).toBe('last');
});

test('a child that holds the output open keeps neither the exit nor a follower waiting, and what it says is kept', async () => {
  await using home = new GhostHome();
  const followed = await home.ghost(['run', '--follow', 'sh', '-c', `${late} echo main; exit 6`]);
  expect(followed).toMatchObject({ status: 6, stdout: 'main\n' });
  const child = await pidIn(home, 'child');
  expect(isAlive(child)).toBe(true);
  expect(await home.task(1)).toMatchObject({ state: 'failed', exitCode: 6 });
  expect(await home.ghost(['log', '--follow', '1'])).toMatchObject({ status: 0, stdout: 'main\n' });
  expect(home.events({ type: 'LogClosed' })).toEqual([]);
  expect(await home.ok(['show', '1'])).toMatch(/descendant|process/);
  writeFileSync(join(home.work, 'gate'), '');
  await until('the log is complete', () => home.events({ type: 'LogClosed' }).length === 1);
  expect(await home.ok(['log', '1'])).toBe('main\nlate');
});

test('what a task left behind is shown, and a stop ends it', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', `${late} exit 0`]);
  const child = await pidIn(home, 'child');
  expect(await home.ended(id)).toMatchObject({ state: 'exited' });
  const shown = JSON.parse(await home.ok(['show', '--json', String(id)])) as Record<string, unknown>;
  expect(JSON.stringify(shown)).toMatch(/"descendantsAlive":[12]/);
  const stopped = await home.ghost(['stop', String(id)]);
  expect(stopped).toMatchObject({ status: 0 });
  await until('the child is gone', () => !isAlive(child));
  await until('the log is complete', () => home.events({ type: 'LogClosed' }).length === 1);
  expect(await home.task(id)).toMatchObject({ state: 'exited', exitCode: 0 });
  expect(await home.ghost(['stop', String(id)])).toMatchObject({ status: 1 });
});

test('what a task left behind outlives the daemon too, is shown by the next one, and its words are kept', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', `${late} exit 8`]);
  await pidIn(home, 'child');
  await home.ended(id);
  await home.killDaemon();
  expect(await home.ok(['show', '--json', String(id)])).toMatch(/"descendantsAlive":\s*[12]/);
  expect(await home.ghost(['log', '--follow', String(id)])).toMatchObject({ status: 0, stdout: '' });
  writeFileSync(join(home.work, 'gate'), '');
  await until('the log is complete', () => home.events({ type: 'LogClosed' }).length === 1);
  expect(await home.ok(['log', String(id)])).toBe('late');
  expect(home.events({ type: 'TaskExited' })).toHaveLength(1);
});

test('a task that forks twice and exits has ended, while its grandchild lives', async () => {
  await using home = new GhostHome();
  const grandchild = 'sh -c "echo \\$\\$ > child; exec sleep 600" >/dev/null 2>&1 </dev/null &';
  const id = await home.run(['sh', '-c', `( ${grandchild} ); exit 2`]);
  const child = await pidIn(home, 'child');
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 2 });
  // It holds no output open, so that the log is complete.
  await until('the log is complete', () => home.events({ type: 'LogClosed' }).length === 1);
  expect(isAlive(child)).toBe(true);
  expect(await home.ok(['show', '--json', String(id)])).toMatch(/"descendantsAlive":\s*1/);
  await home.ok(['stop', String(id)]);
  await until('the grandchild is gone', () => !isAlive(child));
});

test('a daemon that a task makes, in a session of its own, is left alone', async () => {
  await using home = new GhostHome();
  const id = await home.run([
    'sh',
    '-c',
    'setsid -f sh -c "echo \\$\\$ > child; exec sleep 600" >/dev/null 2>&1; exit 0',
  ]);
  const child = await pidIn(home, 'child');
  expect(await home.ended(id)).toMatchObject({ state: 'exited' });
  await until('the log is complete', () => home.events({ type: 'LogClosed' }).length === 1);
  expect(await home.ghost(['stop', String(id)])).toMatchObject({ status: 1 });
  expect(isAlive(child)).toBe(true);
});

test('who asks about many tasks at once costs few looks at the processes of the system', async () => {
  await using home = new GhostHome();
  const real = linuxProcessTable();
  const looked = { times: 0 };
  const counting = (): void => void (looked.times += 1);
  await using _ = await serveInProcess(home, {
    processes: {
      ...real,
      sessions: () => (counting(), real.sessions()),
      membersOf: (session, options = {}) => {
        if (options.among === undefined) counting();
        return real.membersOf(session, options);
      },
    },
  });
  const id = await home.run(['sh', '-c', `${late} exit 0`]);
  await home.ended(id);
  await pidIn(home, 'child');
  await using client = await connect({ home: home.path, start: false });
  looked.times = 0;
  const shown = await Promise.all(Array.from({ length: 32 }, () => client.show(String(id))));
  expect(new Set(shown.map(({ descendantsAlive }) => descendantsAlive > 0))).toEqual(new Set([true]));
  expect(looked.times).toBeGreaterThan(0);
  expect(looked.times).toBeLessThan(16);
  writeFileSync(join(home.work, 'gate'), '');
});
