import { realpathSync } from 'node:fs';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';

const json = async (home: GhostHome, args: readonly string[]): Promise<unknown> => JSON.parse(await home.ok(args));

/** What a task is in JSON. */
const taskKeys = [
  'id',
  'uuid',
  'name',
  'tags',
  'state',
  'command',
  'cwd',
  'pid',
  'startedAt',
  'endedAt',
  'durationMs',
  'exitCode',
  'signal',
  'reason',
].toSorted();

test('run prints the number and nothing else, and every word after the first belongs to the command', async () => {
  await using home = new GhostHome();
  const started = await home.ghost(['run', 'printf', '%s|', '--json', '-f', '--', '', 'a b', "it's", '*', 'ü\n']);
  expect(started).toEqual({ status: 0, signal: null, stdout: '1\n', stderr: '' });
  await home.ended(1);
  expect((await home.ghost(['log', '1'])).stdout).toBe("--json|-f|--||a b|it's|*|ü\n|");
  expect(await home.ok(['run', '--', 'ls', '-la'])).toBe('2');
  expect(await home.task(2)).toMatchObject({ command: ['ls', '-la'], name: null, tags: [] });
});

test('run takes a name, tags, a folder and variables besides those of the caller', async () => {
  await using home = new GhostHome();
  const options = ['-n', 'web', '-t', 'a', '--tag', 'b', '-C', '/', '-e', 'ONE=1=1', '--env', 'TWO='];
  const started = await json(home, ['run', ...options, '--json', 'sh', '-c', 'pwd; echo "$ONE|$TWO|$THREE"']);
  expect(Object.keys(Object(started)).toSorted()).toEqual(taskKeys);
  expect(started).toMatchObject({ id: 1, name: 'web', tags: ['a', 'b'], cwd: '/', state: 'running', exitCode: null });
  await home.ended(1);
  expect(await home.ok(['log', 'web'])).toBe('/\n1=1||');
  const second = await home.run(['sh', '-c', 'echo $THREE'], { env: { THREE: 'three' } });
  await home.ended(second);
  expect(await home.ok(['log', String(second)])).toBe('three');
});

test('run without -C runs where the caller is', async () => {
  await using home = new GhostHome();
  await home.run(['pwd', '-P']);
  expect(await home.ended(1)).toMatchObject({ cwd: home.work });
  expect(await home.ok(['log', '1'])).toBe(realpathSync(home.work));
});

test('run -c is a line for the shell that the caller uses', async () => {
  await using home = new GhostHome();
  await home.run(['-c', 'echo one | tr a-z A-Z; exit 4'], { env: { SHELL: '/bin/bash' } });
  expect(await home.ended(1)).toMatchObject({
    command: ['/bin/bash', '-c', 'echo one | tr a-z A-Z; exit 4'],
    exitCode: 4,
  });
  expect(await home.ok(['log', '1'])).toBe('ONE');
  await home.run(['-c', 'true'], { env: { SHELL: '' } });
  expect(await home.task(2)).toMatchObject({ command: ['/bin/sh', '-c', 'true'] });
});

test('run -f shows both streams and ends as the task does: its code, 128+n after signal n', async () => {
  await using home = new GhostHome();
  expect(await home.ghost(['run', '-f', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).toMatchObject({
    status: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await home.ghost(['run', '-f', 'sh', '-c', 'kill -TERM $$'])).toMatchObject({ status: 143, stdout: '' });
  expect((await home.ghost(['run', '-f', 'true'])).status).toBe(0);
  const feed = await home.ghost(['run', '-f', '--json', 'echo', 'line']);
  const [task, line, ...rest] = feed.stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as unknown);
  expect(task).toMatchObject({ id: 4, state: 'running' });
  expect(line).toEqual({ at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) as string, stream: 'stdout', text: 'line' });
  expect(rest).toEqual([]);
});

test('Ctrl-C while following leaves the task running and says so', async () => {
  await using home = new GhostHome();
  const following = home.begin(['run', '-f', 'sh', '-c', 'echo ready; exec sleep 1000']);
  const { until } = await import('../support/until.ts');
  await until('the task has begun', () => following.stdout() === 'ready\n');
  following.child.kill('SIGINT');
  expect(await following.ended).toMatchObject({
    status: 130,
    stderr: expect.stringContaining('ghost stop 1') as string,
  });
  expect(await home.task(1)).toMatchObject({ state: 'running' });
});

test('run --timeout stops the task, and the journal says why', async () => {
  await using home = new GhostHome();
  await home.run(['--timeout', '50ms', 'sleep', '1000']);
  expect(await home.ended(1)).toMatchObject({ state: 'killed', signal: 'SIGTERM' });
  expect(home.events({ type: 'SignalSent' }).map(({ data }) => data)).toMatchObject([
    { signal: 'SIGTERM', reason: 'timeout' },
  ]);
});

test.each<[string, readonly string[], number, RegExp]>([
  ['is not found', ['no-such-command-of-ghosts'], 127, /no-such-command-of-ghosts/],
  ['is not executable', ['/etc/passwd'], 126, /\/etc\/passwd/],
  ['is a folder', ['/etc'], 126, /\/etc/],
  ['is to run in a folder that is not there', ['-C', '/no/such/folder', 'true'], 1, /\/no\/such\/folder/],
])('a command that %s is refused at once, and nothing is started', async (_, args, status, message) => {
  await using home = new GhostHome();
  const refused = await home.ghost(['run', ...args]);
  expect(refused).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(message) as string });
  const recorded = home.events().filter(({ task }) => task !== null);
  expect(recorded.map(({ type }) => type)).toEqual(['TaskSubmitted', 'TaskStartFailed']);
  expect(await home.task('@last')).toMatchObject({ state: 'failed', exitCode: null, pid: null });
});

test.each<[string, readonly string[], RegExp]>([
  ['no command', ['run'], /needs a command/],
  ['an empty command', ['run', ''], /empty/],
  ['an option that there is not', ['run', '--nmae', 'x', 'true'], /--name/],
  ['a variable without =', ['run', '-e', 'X', 'true'], /no =/],
  ['a duration that is none', ['run', '--timeout', 'soon', 'true'], /soon/],
  ['a command that there is not', ['lits'], /list/],
  ['a state that there is not', ['list', '-s', 'runing'], /running/],
  ['a signal that there is not', ['kill', '-s', 'TREM', '1'], /TERM/],
  ['a number of lines that is none', ['log', '-n', 'x', '1'], /"x"/],
  ['no task', ['show'], /ID/],
])('%s is used wrongly: 2, the reason, and what to type next', async (_, args, message) => {
  await using home = new GhostHome();
  expect(await home.ghost(args)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(message) as string,
  });
});
