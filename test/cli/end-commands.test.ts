import { describe, expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { StartFailure } from '../../src/journal/events.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { detailOf, eventsOf, killedView, runningView, someone, stopResultOf, task42, viewOf } from './fake-client.ts';
import { ghost } from './fake-world.ts';

const refused = (code: GhostError['code'], message: string) => Promise.reject(new GhostError(code, message));

describe('stop', () => {
  const stop: Client['stop'] = (task) => {
    if (task === '4') return Promise.resolve(stopResultOf(killedView({ id: 4 })));
    if (task === '5') return Promise.resolve(stopResultOf(viewOf({ id: 5 }), { descendantsAlive: 2 }));
    return task === '6' ? refused('task-ended', 'task 6 has ended') : refused('no-such-task', `no task ${task}`);
  };

  test('says in a line what became of each, tells every refusal, and ends with the first', async () => {
    const said = await ghost(['stop', '4', '6', '99', '5'], { client: { stop } });
    expect(said.result).toBe(1);
    expect(said.stdout.trimEnd().split('\n').toSorted()).toEqual(['4 killed SIGTERM', '5 exited 0']);
    expect(said.stderr.trimEnd().split('\n').toSorted()).toEqual([
      'ghost: no task 99',
      'ghost: task 6 has ended',
      'task 5 has ended; 2 processes that it started are still alive',
    ]);
    expect((await ghost(['stop', '99', '6'], { client: { stop } })).result).toBe(3);
  });

  test('passes the grace on, and asks once about a task that is named twice', async () => {
    const asked: unknown[] = [];
    const noted: Client['stop'] = (...request) => {
      asked.push(request);
      return stop(...request);
    };
    expect((await ghost(['stop', '4', '4'], { client: { stop: noted } })).stdout).toBe('4 killed SIGTERM\n');
    await ghost(['stop', '--grace', '1m30s', '4'], { client: { stop: noted } });
    expect(asked).toEqual([
      ['4', {}],
      ['4', { graceMs: 90_000 }],
    ]);
  });

  test('in JSON one is an object, several are an array, and one that was refused is nothing', async () => {
    const one = await ghost(['stop', '--json', '4'], { client: { stop } });
    expect(JSON.parse(one.stdout)).toEqual({
      ...killedView({ id: 4 }),
      signals: [{ signal: 'SIGTERM', answer: 'delivered' }],
      descendantsAlive: 0,
    });
    const several = await ghost(['stop', '--json', '5', '99', '4'], { client: { stop } });
    expect(JSON.parse(several.stdout)).toMatchObject([{ id: 5 }, { id: 4 }]);
    expect(several.result).toBe(3);
    expect(await ghost(['stop', '--json', '99'], { client: { stop } })).toMatchObject({ result: 3, stdout: '' });
  });

  test('a task that outlives even SIGKILL is a failure that is told', async () => {
    const said = await ghost(['stop', '42'], { client: { stop: () => Promise.resolve(stopResultOf(runningView())) } });
    expect(said).toMatchObject({
      result: 1,
      stdout: '42 running\n',
      stderr: 'task 42 has not ended; see: ghost show 42\n',
    });
  });
});

describe('kill', () => {
  test.for([
    [['42'], 'SIGKILL'],
    [['-s', 'hup', '42'], 'SIGHUP'],
    [['--signal=SIGUSR1', '42'], 'SIGUSR1'],
    [['-s15', '42'], 'SIGTERM'],
  ] as const)('ghost kill %j sends %s', async ([argv, signal]) => {
    const asked: unknown[] = [];
    const send: Client['signal'] = (...request) => {
      asked.push(request);
      return Promise.resolve(stopResultOf(runningView()));
    };
    expect(await ghost(['kill', ...argv], { client: { signal: send } })).toMatchObject({
      result: 0,
      stdout: '42 running\n',
    });
    expect(asked).toEqual([['42', signal]]);
  });

  test('an unknown signal is wrong use, and the nearest is named', async () => {
    const said = await ghost(['kill', '-s', 'TREM', '42']);
    expect(said).toMatchObject({
      result: 2,
      starts: [],
      stderr: 'ghost: there is no signal "TREM"\n  try: ghost kill --signal TERM ID\n',
    });
    expect((await ghost(['kill', '-s', '99', '42'])).stderr).toContain('there is no signal "99"');
  });

  test('a signal that the kernel did not deliver is a failure that is told', async () => {
    const signals = [{ signal: 'SIGHUP', answer: 'not-permitted' }];
    const said = await ghost(['kill', '-s', 'HUP', '42'], {
      client: { signal: () => Promise.resolve(stopResultOf(runningView(), { signals })) },
    });
    expect(said).toMatchObject({ result: 1, stderr: 'SIGHUP did not reach task 42: not-permitted\n' });
  });
});

describe('wait', () => {
  const views = new Map<string, TaskView>([
    ['1', viewOf({ id: 1 })],
    ['2', viewOf({ id: 2, state: 'failed', exitCode: 7 })],
    ['3', killedView({ id: 3, signal: 'SIGINT' })],
    ['4', viewOf({ id: 4, state: 'lost', exitCode: null, reason: 'the machine was started anew' })],
  ]);
  const wait: Client['wait'] = (tasks) => {
    const unknown = tasks.find((task) => !views.has(task));
    if (unknown !== undefined) return refused('no-such-task', `no task ${unknown}`);
    return Promise.resolve((tasks.length === 0 ? ['1', '2'] : tasks).flatMap((task) => views.get(task) ?? []));
  };

  test.for([
    [['1'], 0, '1 exited 0'],
    [['2'], 7, '2 failed 7'],
    [['3'], 130, '3 killed SIGINT'],
    [['4'], 1, '4 lost'],
    [['1', '3', '2'], 130, '1 exited 0', '3 killed SIGINT', '2 failed 7'],
    [['2', '9'], 7, '2 failed 7'],
    [['9', '2'], 3, '2 failed 7'],
    [[], 7, '1 exited 0', '2 failed 7'],
    [['--any', '3', '1'], 130, '3 killed SIGINT', '1 exited 0'],
  ] as const)('ghost wait %j ends with %d', async ([argv, status, ...lines]) => {
    const said = await ghost(['wait', ...argv], { client: { wait } });
    expect(said.result).toBe(status);
    expect(said.stdout.trimEnd().split('\n').toSorted()).toEqual([...lines].toSorted());
  });

  test('what was lost is explained on stderr', async () => {
    expect((await ghost(['wait', '4'], { client: { wait } })).stderr).toBe('task 4: the machine was started anew\n');
  });

  test.for([
    ['command-not-found', 127],
    ['command-not-executable', 126],
    ['spawn-failed', 1],
  ] as const)('a task that failed to start with %s gives %d', async ([reason, status]) => {
    const task = viewOf({ state: 'failed', exitCode: null, startedAt: null, reason: 'no such program' });
    const events = eventsOf({
      type: 'TaskStartFailed',
      task: task42,
      actor: someone,
      data: { attempt: 1, reason: reason satisfies StartFailure, message: 'no such program' },
    });
    const said = await ghost(['wait', '42'], {
      client: { wait: () => Promise.resolve([task]), show: () => Promise.resolve(detailOf(task, { events })) },
    });
    expect(said).toMatchObject({ result: status, stdout: '42 failed\n', stderr: 'task 42: no such program\n' });
  });

  test('a wait that ran out ends with 124', async () => {
    const asked: unknown[] = [];
    const slow: Client['wait'] = (...request) => {
      asked.push(request);
      return refused('wait-timeout', 'task 42 has not ended within 5m');
    };
    const said = await ghost(['wait', '--timeout', '5m', '42'], { client: { wait: slow } });
    expect(said).toMatchObject({ result: 124, stdout: '', stderr: 'ghost: task 42 has not ended within 5m\n' });
    await ghost(['wait', '--any', '--timeout', '1s', '42', '43'], { client: { wait: slow } });
    expect(asked).toEqual([
      [['42'], { timeoutMs: 300_000 }],
      [['42', '43'], { timeoutMs: 1000, mode: 'any' }],
    ]);
  });

  test('in JSON one is an object; several, or none named, are an array', async () => {
    const json = async (...argv: readonly string[]): Promise<unknown> =>
      JSON.parse((await ghost(['wait', '--json', ...argv], { client: { wait } })).stdout);
    expect(await json('2')).toMatchObject({ id: 2, exitCode: 7 });
    expect(await json('2', '1')).toMatchObject([{ id: 2 }, { id: 1 }]);
    expect(await json()).toMatchObject([{ id: 1 }, { id: 2 }]);
    expect(await json('--any', '2', '1')).toMatchObject([{ id: 2 }, { id: 1 }]);
  });
});

describe('restart', () => {
  /** A restart of what is task 42, runs when it is asked for first, and may be started as another one after that. */
  const secondTime =
    (asked: unknown[], id: number): Client['restart'] =>
    (task) => {
      asked.push(['restart', task]);
      if (asked.length > 1) return Promise.resolve(runningView({ id }));
      return Promise.reject(new GhostError('task-still-running', 'it runs', { task: 42 }));
    };

  test('prints the numbers of the new tasks in the order of the old ones', async () => {
    const restart: Client['restart'] = (task) => Promise.resolve(runningView({ id: Number(task) + 100 }));
    expect(await ghost(['restart', '5', '4'], { client: { restart } })).toMatchObject({
      result: 0,
      stdout: '105\n104\n',
    });
    expect(JSON.parse((await ghost(['restart', '--json', '5'], { client: { restart } })).stdout)).toMatchObject({
      id: 105,
    });
  });

  test('a task that runs is stopped first, and then started again by its number', async () => {
    const asked: unknown[] = [];
    const client: Partial<Client> = {
      restart: secondTime(asked, 43),
      stop: (...request) => {
        asked.push(['stop', ...request]);
        return Promise.resolve(stopResultOf(killedView()));
      },
    };
    expect(await ghost(['restart', '--grace', '1s', '@last'], { client })).toMatchObject({
      result: 0,
      stdout: '43\n',
      stderr: '',
    });
    expect(asked).toEqual([
      ['restart', '@last'],
      ['stop', '42', { graceMs: 1000 }],
      ['restart', '42'],
    ]);
  });

  test('it is the task of the refusal that is stopped, whoever bears its name by then', async () => {
    const asked: unknown[] = [];
    const client: Partial<Client> = {
      restart: secondTime(asked, 44),
      stop: (task) => {
        asked.push(['stop', task]);
        return refused('task-ended', 'it has ended');
      },
    };
    expect(await ghost(['restart', 'web'], { client })).toMatchObject({ result: 0, stdout: '44\n' });
    expect(asked).toEqual([
      ['restart', 'web'],
      ['stop', '42'],
      ['restart', '42'],
    ]);
  });

  test('one that ends by itself before it is stopped is started again all the same', async () => {
    let tries = 0;
    const client: Partial<Client> = {
      restart: () => {
        tries += 1;
        return tries === 1 ? refused('task-still-running', 'it runs') : Promise.resolve(runningView({ id: 43 }));
      },
      stop: () => refused('task-ended', 'it has ended'),
    };
    expect(await ghost(['restart', '42'], { client })).toMatchObject({ result: 0, stdout: '43\n', stderr: '' });
  });
});
