import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { daemonsOf } from '../support/daemons.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

const waitForGate = 'while [ ! -e gate ]; do sleep 0.05; done; exit 5';

describe('the end of the daemon', () => {
  test('the answer to a shutdown is the last of it: what is there then is a whole journal', async () => {
    await using home = new GhostHome();
    await home.run(['sleep', '600']);
    const pid = await until('a daemon', () => home.daemonPid());
    expect(await home.ok(['shutdown'])).toBe(`daemon ${pid} has ended; 1 task goes on running`);
    expect([isAlive(pid), existsSync(join(home.path, 'tasks.db-wal'))]).toEqual([false, false]);
    expect(home.events({ type: 'DaemonStopped' })[0]?.data).toEqual({ reason: 'shutdown', tasksRunning: 1 });
  });

  test.for(['SIGTERM', 'SIGINT'] as const)(
    '%s: it is recorded, nothing is left lying, and the tasks go on',
    async (how) => {
      await using home = new GhostHome();
      await home.run(['sh', '-c', waitForGate]);
      const pid = await until('a daemon', () => home.daemonPid());
      process.kill(pid, how);
      await until('the daemon has ended', () => !isAlive(pid));
      for (const name of ['ghost.sock', 'daemon.json', 'tasks.db-wal']) {
        expect([name, existsSync(join(home.path, name))]).toEqual([name, false]);
      }
      expect(home.events({ type: 'DaemonStopped' }).map(({ data }) => data)).toEqual([
        { reason: how, tasksRunning: 1 },
      ]);
      expect(await home.ghost(['status'])).toMatchObject({ status: 3, stdout: '' });

      expect(await home.ok(['list'])).toContain('running');
      expect(home.events({ type: 'DaemonStarted' }).map(({ data }) => data['previous'])).toEqual(['none', 'stopped']);
      expect(home.events({ type: 'TaskAdopted' })).toHaveLength(1);
      await home.run(['touch', 'gate']);
      expect(await home.ended(1)).toMatchObject({ state: 'failed', exitCode: 5 });
    },
  );

  test('--stop-tasks stops the tasks first', async () => {
    await using home = new GhostHome();
    const [first, second] = [
      await home.run(['sleep', '600']),
      await home.run(['sh', '-c', 'trap "exit 3" TERM; echo up; while :; do sleep 0.05; done']),
    ];
    await until('the second listens', async () => (await home.ok(['log', String(second)])) === 'up');
    expect(await home.ok(['shutdown', '--stop-tasks'])).toMatch(/^daemon \d+ has ended; 2 tasks were stopped$/);
    expect(home.events({ type: 'DaemonStopped' })[0]?.data).toEqual({ reason: 'shutdown', tasksRunning: 0 });
    expect(await home.task(first)).toMatchObject({ state: 'killed', signal: 'SIGTERM' });
    expect(await home.task(second)).toMatchObject({ state: 'failed', exitCode: 3 });
    expect(home.events({ type: 'TaskAdopted' })).toEqual([]);
  });

  test('a crash is seen by the next one', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    await home.killDaemon();
    await home.ok(['list']);
    expect(home.events().map(({ type, data }) => [type, data['previous']])).toEqual([
      ['DaemonStarted', 'none'],
      ['DaemonStarted', 'crashed'],
    ]);
  });

  test('a task that is submitted while it ends runs once all the same', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const names: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const asked = ['a', 'b', 'c'].map((letter) => `${round}${letter}`);
      names.push(...asked);
      const [runs] = await Promise.all([
        Promise.all(asked.map((name) => home.ghost(['run', 'sh', '-c', 'echo "$1" >> ledger', 'sh', name]))),
        home.ghost(['shutdown']),
      ]);
      expect(runs.filter(({ status }) => status !== 0)).toEqual([]);
    }
    await home.ok(['wait', ...names.map((_, index) => String(index + 1))]);
    expect(readFileSync(join(home.work, 'ledger'), 'utf8').trim().split('\n').toSorted()).toEqual(names);
    await until('one daemon is left', () => daemonsOf(home).length === 1);
  });

  test('it ends once when several ask for it at once, and each is told that it has', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const answers = await Promise.all([home.ghost(['shutdown']), home.ghost(['shutdown']), home.ghost(['shutdown'])]);
    for (const { stdout, stderr } of answers) expect(stdout + stderr).toMatch(/has ended|^no daemon is running/);
    expect(home.events({ type: 'DaemonStopped' })).toHaveLength(1);
    expect(daemonsOf(home)).toEqual([]);
  });
});
