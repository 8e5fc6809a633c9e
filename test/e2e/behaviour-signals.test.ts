import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { numberIn } from '../support/number-in.ts';
import { isStopped } from '../support/process-stat.ts';
import { until } from '../support/until.ts';

/** Signals that ghost sent to a task, and why, oldest first. */
function sent(home: GhostHome, task: number): readonly string[] {
  return home
    .events({ type: 'SignalSent', task })
    .map(({ data }) => `${data['signal']} ${data['reason']} ${data['answer']}`);
}

test('a task that ignores SIGTERM is killed when its grace has run out, and each signal is its own event', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'trap "echo no" TERM; echo ready; while :; do sleep 0.05; done']);
  await until('it ignores', async () => (await home.ok(['log', String(id)])) === 'ready');
  await home.ok(['stop', '--grace', '200ms', String(id)]);
  expect(await home.task(id)).toMatchObject({ state: 'killed', signal: 'SIGKILL' });
  expect(sent(home, id)).toEqual(['SIGTERM stop delivered', 'SIGKILL grace-ran-out delivered']);
  expect(await home.ok(['log', String(id)])).toBe('ready\nno');
});

test('no task ends before it was asked to, however coarse the time of its file is', async () => {
  await using home = new GhostHome();
  for (let count = 0; count < 12; count += 1) {
    const id = await home.run(['sleep', '300']);
    await home.ok(['stop', String(id)]);
    const [asked] = home.events({ type: 'SignalRequested', task: id });
    const [ended] = home.events({ type: 'TaskExited', task: id });
    expect(ended?.data['endedAt']).toBeGreaterThanOrEqual(asked?.at ?? Number.NaN);
  }
});

test('the grace of a stop runs on when the daemon is killed in the middle of it', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'trap "echo no" TERM; echo ready; while :; do sleep 0.05; done']);
  await until('it ignores', async () => (await home.ok(['log', String(id)])) === 'ready');
  const stop = home.begin(['stop', '--grace', '1s', String(id)]);
  await until('SIGTERM was sent', () => sent(home, id).length === 1);
  await home.killDaemon();
  expect(await stop.ended).toMatchObject({ status: 0 });
  expect(await home.task(id)).toMatchObject({ state: 'killed', signal: 'SIGKILL' });
  expect(sent(home, id)).toEqual(['SIGTERM stop delivered', 'SIGKILL grace-ran-out delivered']);
});

test('a task that ends in its own way on SIGTERM has the code that it chose', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.05; done']);
  await until('it waits', async () => (await home.ok(['log', String(id)])) === 'ready');
  await home.ok(['stop', String(id)]);
  expect(await home.task(id)).toMatchObject({ state: 'failed', exitCode: 5, signal: null });
  expect(await home.ok(['log', String(id)])).toBe('ready\nbye');
  expect(sent(home, id)).toEqual(['SIGTERM stop delivered']);
});

test('a task that is stopped by SIGSTOP is still running, and a stop wakes and ends it', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sleep', '600']);
  const pid = (await home.task(id)).pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await until('it is stopped', () => isStopped(pid));
  expect(await home.task(id)).toMatchObject({ state: 'running', pid });
  await home.ok(['stop', String(id)]);
  expect(await home.task(id)).toMatchObject({ state: 'killed', signal: 'SIGTERM' });
  expect(sent(home, id)).toEqual(['SIGTERM stop delivered', 'SIGCONT wake delivered']);
});

test('a stop reaches every process of the task’s group, and a signal of one’s choice does too', async () => {
  await using home = new GhostHome();
  const script =
    'trap : USR1; sh -c "trap \\"echo child\\" USR1; echo \\$\\$ > child; while :; do sleep 0.05; done" & wait; wait';
  const id = await home.run(['sh', '-c', script]);
  const child = await until('the child is there', () => numberIn(join(home.work, 'child')));
  await home.ok(['kill', '-s', 'USR1', String(id)]);
  await until('the child was signalled', async () => (await home.ok(['log', String(id)])) === 'child');
  await home.ok(['stop', String(id)]);
  await until('the child is gone', () => !isAlive(child));
  expect(sent(home, id)).toEqual(['SIGUSR1 signal delivered', 'SIGTERM stop delivered']);
});
