import { expect, test } from 'vitest';

import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

/** Starts a shell that says when it is ready for signals. */
async function ready(home: GhostHome, script: string, options: readonly string[] = []): Promise<number> {
  const id = await home.run([...options, 'sh', '-c', `${script}; echo ready; while :; do sleep 0.05; done`]);
  await until('the task is ready', async () => (await home.ok(['log', String(id)])) === 'ready');
  return id;
}

test('stop ends tasks with SIGTERM, says how each ended, and returns when they have', async () => {
  await using home = new GhostHome();
  await ready(home, 'trap "exit 5" TERM');
  await home.run(['-n', 'nap', 'sleep', '1000']);
  const { status, stdout, stderr } = await home.ghost(['stop', '1', 'nap']);
  expect({ status, lines: stdout.trim().split('\n').toSorted(), stderr }).toEqual({
    status: 0,
    lines: ['1 failed 5', '2 killed SIGTERM'],
    stderr: '',
  });
  const again = await home.ghost(['stop', '1']);
  expect(again).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('already ended') as string });
});

test('stop sends SIGKILL when the grace has run out, and its JSON says what was sent', async () => {
  await using home = new GhostHome();
  await ready(home, 'trap "" TERM');
  const stopped = JSON.parse(await home.ok(['stop', '--grace', '50ms', '--json', '1'])) as Record<string, unknown>;
  expect(stopped).toMatchObject({ id: 1, state: 'killed', signal: 'SIGKILL', descendantsAlive: 0 });
  const sent = home.events({ type: 'SignalSent' }).map(({ data }) => [data['signal'], data['reason'], data['answer']]);
  expect(sent).toEqual([
    ['SIGTERM', 'stop', 'delivered'],
    ['SIGKILL', 'grace-ran-out', 'delivered'],
  ]);
});

test('kill sends SIGKILL at once, or the signal that is named in any of its forms', async () => {
  await using home = new GhostHome();
  const id = await ready(home, 'trap "echo usr1" USR1; trap "echo hup" HUP');
  const word = String(id);
  for (const name of ['USR1', 'SIGUSR1', '10', 'hup']) {
    expect((await home.ghost(['kill', '-s', name, word])).status).toBe(0);
  }
  await until('the signals have arrived', async () => (await home.ok(['log', word])).includes('hup'));
  expect(await home.ghost(['kill', word])).toMatchObject({ status: 0, stdout: '1 killed SIGKILL\n' });
  expect((await home.task(id)).signal).toBe('SIGKILL');
  expect(home.events({ type: 'SignalRequested' }).map(({ data }) => data['signal'])).toEqual([
    'SIGUSR1',
    'SIGUSR1',
    'SIGUSR1',
    'SIGHUP',
    'SIGKILL',
  ]);
});

test('of several tasks the ones that are there are dealt with, and the exit status tells of the others', async () => {
  await using home = new GhostHome();
  await home.run(['sleep', '1000']);
  const { status, stdout, stderr } = await home.ghost(['kill', '77', '1', 'nobody']);
  expect({ status, stdout }).toEqual({ status: 3, stdout: '1 killed SIGKILL\n' });
  expect(stderr).toContain('there is no task 77');
  expect(stderr).toContain('there is no task nobody');
  const json = await home.ghost(['stop', '--json', '1', '77']);
  expect(json).toMatchObject({ status: 1, stdout: '[]\n' });
});

test('wait ends as the task does: its code, 128+n after a signal, 127 for one that was not found', async () => {
  await using home = new GhostHome();
  await home.run(['sh', '-c', 'exit 9']);
  await home.run(['sh', '-c', 'kill -USR2 $$']);
  await home.ghost(['run', 'no-such-command-of-ghosts']);
  await home.run(['true']);
  const words = [['1'], ['2'], ['3'], ['@last']];
  const results = await Promise.all(words.map((word) => home.ghost(['wait', ...word])));
  expect(results.map(({ status, stdout }) => [status, stdout])).toEqual([
    [9, '1 failed 9\n'],
    [140, '2 killed SIGUSR2\n'],
    [127, '3 failed\n'],
    [0, '4 exited 0\n'],
  ]);
  // Of several, that of the first one named that is not 0.
  expect((await home.ghost(['wait', '4', '2', '1'])).status).toBe(140);
  const json = JSON.parse((await home.ghost(['wait', '--json', '4', '1'])).stdout) as readonly { id: number }[];
  expect(json.map(({ id }) => id)).toEqual([4, 1]);
});

test('wait gives up after its time with 124, and with --any it ends with the first', async () => {
  await using home = new GhostHome();
  await home.run(['sleep', '1000']);
  const late = await home.ghost(['wait', '--timeout', '10ms', '1']);
  expect(late).toMatchObject({
    status: 124,
    stdout: '',
    stderr: expect.stringContaining('still running: 1') as string,
  });
  expect((await home.ghost(['wait', '--timeout', '10ms'])).status).toBe(124);
  await home.run(['sh', '-c', 'exit 6']);
  expect(await home.ghost(['wait', '--any', '1', '2'])).toMatchObject({ status: 6, stdout: '2 failed 6\n' });
  await home.ok(['kill', '1']);
  expect(await home.ghost(['wait'])).toMatchObject({ status: 0, stdout: '' });
});

test('wait goes on over a daemon that is killed, and tells the true end', async () => {
  await using home = new GhostHome();
  const gate = `${home.work}/gate`;
  await home.run(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; exit 8`]);
  const waiting = home.begin(['wait', '1']);
  const first = await until('somebody waits', () => home.daemonPid());
  await home.killDaemon();
  await until('the next daemon is there', () => home.daemonPid() !== first && home.daemonPid());
  const { writeFileSync } = await import('node:fs');
  writeFileSync(gate, '');
  expect(await waiting.ended).toEqual({ status: 8, signal: null, stdout: '1 failed 8\n', stderr: '' });
});

test('restart starts the same command again, with its folder, environment, name, tags and time, and keeps the lineage', async () => {
  await using home = new GhostHome();
  const script = 'pwd; echo "$SECRET"; umask; exit 3';
  const options = ['-n', 'job', '-t', 'x', '-C', '/', '-e', 'SECRET=a\nb', '--timeout', '1h'];
  await home.run([...options, 'sh', '-c', script, 'a b']);
  await home.ended(1);
  expect(await home.ok(['restart', 'job'], { cwd: home.work, env: { SECRET: 'other' } })).toBe('2');
  const [first, second] = [await home.ended(1), await home.ended(2)];
  const { name, tags, state, command, cwd, exitCode } = first;
  expect(second).toMatchObject({ id: 2, name, tags, state, command, cwd, exitCode });
  expect([second.uuid === first.uuid, second.pid === first.pid]).toEqual([false, false]);
  expect(await home.ok(['log', '2'])).toBe(await home.ok(['log', '1']));
  const shown = JSON.parse(await home.ok(['show', '2', '--json'])) as Record<string, unknown>;
  expect(shown).toMatchObject({ restartOf: 1, timeoutMs: 3_600_000 });
});

test('restart of a task that runs stops it first; of several, each is started and its number printed', async () => {
  await using home = new GhostHome();
  await home.run(['sleep', '1000']);
  await home.run(['true']);
  const { pid } = await home.task(1);
  const numbers = (await home.ok(['restart', '1', '2'])).split('\n');
  expect(numbers.toSorted()).toEqual(['3', '4']);
  expect(isAlive(pid ?? 0)).toBe(false);
  const tasks = await Promise.all(numbers.map((number) => home.task(number)));
  expect(tasks.map(({ command }) => command[0])).toEqual(['sleep', 'true']);
  const json = JSON.parse(await home.ok(['restart', '--json', '2'])) as Record<string, unknown>;
  expect(json).toMatchObject({ id: 5, command: ['true'] });
  expect(await home.ghost(['restart', '99'])).toMatchObject({ status: 3, stdout: '' });
});

test('a stop that is asked for twice at once ends both alike', async () => {
  await using home = new GhostHome();
  await ready(home, 'trap "sleep 0.2; exit 0" TERM');
  const results = await Promise.all([home.ghost(['stop', '1']), home.ghost(['stop', '1'])]);
  expect(results.map(({ stdout }) => stdout)).toContain('1 exited 0\n');
  // The later one may have come after the end, which is then said; never does it hang, and never is the task killed.
  expect(results.every(({ status }) => status === 0 || status === 1)).toBe(true);
  expect(home.events({ type: 'SignalSent' }).every(({ data }) => data['signal'] === 'SIGTERM')).toBe(true);
});
