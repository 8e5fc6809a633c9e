import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { FailingCalls } from '../support/failing-calls.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { until } from '../support/until.ts';

test('a task whose folder somebody removed keeps nobody from the others, nor from its own end', async () => {
  await using home = new GhostHome();
  const robbed = await home.run(['sleep', '600']);
  const other = await home.run(['sleep', '600']);
  await home.killDaemon();
  rmSync(join(home.path, 'tasks', String(robbed)), { recursive: true });
  expect(await home.task(other)).toMatchObject({ state: 'running' });
  const { pid } = await home.task(robbed);
  await home.ok(['stop', String(robbed), String(other)]);
  expect(pid !== null && isAlive(pid)).toBe(false);
});

const told = (home: GhostHome, words: string): number =>
  readFileSync(join(home.path, 'daemon.log'), 'utf8').split(words).length - 1;

// Both wait for what a daemon tries again every few seconds.
test.concurrent('an adoption whose next step fails is recorded once, however often that step is tried', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'while :; do echo out; sleep 0.2; done']);
  const order = join(home.path, 'tasks', String(id), 'order.idx');
  await until('its output is noted', () => existsSync(order));
  await home.killDaemon();
  renameSync(order, `${order}.kept`);
  mkdirSync(order);
  await home.ok(['list']);
  expect(told(home, 'could not be taken up')).toBe(1);
  rmdirSync(order);
  renameSync(`${order}.kept`, order);
  const { size } = statSync(order);
  await until('it is followed again', () => statSync(order).size > size);
  expect(JSON.parse(await home.ok(['show', String(id), '--json']))).toMatchObject({ adoptions: 1 });
  expect(['TaskOrphaned', 'TaskAdopted'].map((type) => home.events({ type }).length)).toEqual([1, 1]);
  expect(told(home, 'could not be taken up')).toBe(1);
  expect(journalFaults(home)).toEqual([]);
});

test.concurrent('a task that is started while the daemon has no descriptor to follow it is followed later', async () => {
  await using home = new GhostHome();
  await home.ok(['list']);
  const daemon = await until('a daemon', () => home.daemonPid());
  const path = join(home.path, 'tasks', '1', 'order.idx');
  const running = await (async () => {
    await using _ = await FailingCalls.of(daemon, { calls: ['openat'], error: 'EMFILE', path });
    const begun = home.begin(['run', 'sh', '-c', 'echo out; exit 5']);
    await until('it is told', () => told(home, 'could not be followed') > 0);
    return begun;
  })();
  expect(await running.ended).toMatchObject({ status: 0, stdout: '1\n' });
  expect(await home.ended(1)).toMatchObject({ exitCode: 5 });
  expect(await home.ok(['log', '1'])).toBe('out');
  expect(home.daemonPid()).toBe(daemon);
  expect(home.events({ type: 'TaskSpawned' })).toHaveLength(1);
  expect(journalFaults(home)).toEqual([]);
});
