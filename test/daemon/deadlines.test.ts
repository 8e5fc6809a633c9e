import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { FailingCalls } from '../support/failing-calls.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

test('the grace of a stop runs out although the daemon that promised SIGKILL was killed, and it is sent once', async () => {
  await using home = new GhostHome();
  await home.run(['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
  await until('the task is ready', async () => (await home.ok(['log', '1'])) === 'ready');
  const stopping = home.begin(['stop', '--grace', '1s', '1']);
  await until('SIGTERM was sent', () => home.events({ type: 'SignalSent' })[0]);
  await home.killDaemon();
  expect(await stopping.ended).toMatchObject({ status: 0, stdout: '1 killed SIGKILL\n' });
  const requests = home.events({ type: 'SignalRequested' });
  expect(requests.map(({ data }) => [data['signal'], data['reason']])).toEqual([
    ['SIGTERM', 'stop'],
    ['SIGKILL', 'grace-ran-out'],
  ]);
  // The daemon sent the second one by itself, on behalf of the same request.
  expect(requests.map(({ actor }) => actor['kind'])).toEqual(['client', 'daemon']);
  expect(new Set(requests.map(({ data }) => data['requestId'])).size).toBe(1);
});

test('the time of a task runs out although the daemon that was to stop it was killed', async () => {
  await using home = new GhostHome();
  await home.run(['--timeout', '1s', 'sleep', '1000']);
  await home.killDaemon();
  expect(await home.ended(1)).toMatchObject({ state: 'killed', signal: 'SIGTERM' });
  expect(home.events({ type: 'SignalRequested' }).map(({ data }) => [data['reason'], data['requestId']])).toEqual([
    ['timeout', 'timeout:1'],
  ]);
});

test('where the files of all the system are open as a task starts, its time runs out all the same', async () => {
  await using home = new GhostHome();
  await home.ok(['list']);
  const daemon = await until('a daemon', () => home.daemonPid());
  {
    await using _ = await FailingCalls.of(daemon, { calls: ['openat'], error: 'ENFILE', path: '/proc/uptime' });
    await home.run(['--timeout', '1s', 'sleep', '1000']);
    await until('it is told', () =>
      readFileSync(join(home.path, 'daemon.log'), 'utf8').includes('a deadline could not be looked at'),
    );
  }
  expect(await home.ended(1)).toMatchObject({ state: 'killed', signal: 'SIGTERM' });
  expect(home.daemonPid()).toBe(daemon);
});

test('a task that ends in its time is not signalled', async () => {
  await using home = new GhostHome();
  await home.run(['--timeout', '1h', 'true']);
  expect(await home.ended(1)).toMatchObject({ state: 'exited' });
  expect(home.events({ type: 'SignalRequested' })).toEqual([]);
});
