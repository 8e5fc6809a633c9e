import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';

const keysOf = (value: unknown): readonly string[] => Object.keys(Object(value)).toSorted();
const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

/** One task of each state that can be had without violence against the shim. */
async function withTasks(home: GhostHome): Promise<void> {
  await home.run(['-n', 'job', 'true']);
  await home.run(['-n', 'job', 'sh', '-c', 'exit 3']);
  await home.run(['sh', '-c', 'kill -KILL $$']);
  await home.ghost(['run', 'no-such-command-of-ghosts']);
  await home.run(['-n', 'long', 'sleep', '1000']);
  await home.ghost(['wait', '1', '2', '3']);
}

test('list --json gives one array with exactly the keys of the contract, null for what is not known', async () => {
  await using home = new GhostHome();
  expect(await home.ok(['list', '--json'])).toBe('[]');
  await withTasks(home);
  const tasks = JSON.parse(await home.ok(['list', '--json'])) as readonly Record<string, unknown>[];
  const base = { tags: [], cwd: home.work, uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string };
  const ran = {
    pid: expect.any(Number) as number,
    startedAt: iso,
    endedAt: iso,
    durationMs: expect.any(Number) as number,
  };
  const unknown = { exitCode: null, signal: null, reason: null };
  expect(tasks).toEqual([
    { ...base, id: 1, name: 'job', state: 'exited', command: ['true'], ...ran, ...unknown, exitCode: 0 },
    { ...base, id: 2, name: 'job', state: 'failed', command: ['sh', '-c', 'exit 3'], ...ran, ...unknown, exitCode: 3 },
    {
      ...base,
      id: 3,
      name: null,
      state: 'killed',
      command: ['sh', '-c', 'kill -KILL $$'],
      ...ran,
      ...unknown,
      signal: 'SIGKILL',
    },
    {
      ...base,
      id: 4,
      name: null,
      state: 'failed',
      command: ['no-such-command-of-ghosts'],
      pid: null,
      startedAt: null,
      endedAt: iso,
      durationMs: null,
      exitCode: null,
      signal: null,
      reason: expect.stringContaining('no-such-command-of-ghosts') as string,
    },
    {
      ...base,
      id: 5,
      name: 'long',
      state: 'running',
      command: ['sleep', '1000'],
      ...ran,
      ...unknown,
      endedAt: null,
      durationMs: null,
    },
  ]);
  const ids = async (...args: string[]) =>
    (JSON.parse(await home.ok(['ls', '--json', ...args])) as readonly { readonly id: number }[]).map(({ id }) => id);
  expect(await ids('-s', 'failed')).toEqual([2, 4]);
  expect(await ids('--state', 'running', '-s', 'killed', '-a')).toEqual([3, 5]);
  expect(await ids('-s', 'lost')).toEqual([]);
});

test('list is a plain table on a pipe, one line a task', async () => {
  await using home = new GhostHome();
  await withTasks(home);
  const { stdout, stderr } = await home.ghost(['list'], { env: { NO_COLOR: undefined } });
  expect(stderr).toBe('');
  expect(stdout).not.toMatch(/[^\n -~]/);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  expect(lines).toHaveLength(6);
  expect(lines[0]).toEqual(['ID', 'NAME', 'STATE', 'EXIT', 'STARTED', 'TOOK', 'COMMAND']);
  expect(lines.map((cells) => [cells[0], cells[1], cells[2], cells[3], cells.at(-1)]).slice(1)).toEqual([
    ['1', 'job', 'exited', '0', 'true'],
    ['2', 'job', 'failed', '3', "sh -c 'exit 3'"],
    ['3', '-', 'killed', 'SIGKILL', "sh -c 'kill -KILL $$'"],
    ['4', '-', 'failed', '-', 'no-such-command-of-ghosts'],
    ['5', 'long', 'running', '-', 'sleep 1000'],
  ]);
});

test('list shows what runs and the 30 that ended last, and all with -a', async () => {
  await using home = new GhostHome();
  // Refused tasks have ended, too, and cost no process.
  await home.run(['sleep', '1000']);
  const client = await import('../../src/client/client.ts');
  await using ghost = await client.connectClient({
    home: home.path,
    environment: home.env,
    loadStarter: () => Promise.reject(new Error('a daemon runs already')),
  });
  for (let n = 2; n <= 34; n += 1) await ghost.run({ command: ['no-such-command-of-ghosts'] }).catch(() => undefined);
  const numbers = async (...args: string[]) =>
    (JSON.parse(await home.ok(['list', '--json', ...args])) as readonly { readonly id: number }[]).map(({ id }) => id);
  expect(await numbers()).toEqual([1, ...Array.from({ length: 30 }, (_, i) => i + 5)]);
  expect(await numbers('--all')).toEqual(Array.from({ length: 34 }, (_, i) => i + 1));
});

test('a task is named by its number, its name, its UUID or the beginning of it, and @last', async () => {
  await using home = new GhostHome();
  await withTasks(home);
  const { uuid } = await home.task(2);
  const idOf = async (word: string): Promise<unknown> => (await home.task(word)).id;
  // The newest task that bears the name.
  expect(await Promise.all(['2', 'job', uuid, uuid.slice(0, 13), uuid.toUpperCase(), '@last'].map(idOf))).toEqual([
    2, 2, 2, 2, 2, 5,
  ]);
  for (const word of ['99', 'nobody', uuid.slice(0, 3), '@first', '0', '-1x', '1.0']) {
    const { status, stdout, stderr } = await home.ghost(['show', '--', word]);
    expect([word, status, stdout]).toEqual([word, 3, '']);
    expect(stderr).toContain('try: ghost list --all');
  }
});

test('@last is told apart from a wrong name where there is no task at all', async () => {
  await using home = new GhostHome();
  expect(await home.ghost(['show', '@last'])).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('no task yet') as string,
  });
});

test('show --json gives the task, its detail and its events in order, without a value of its environment', async () => {
  await using home = new GhostHome();
  await home.run(['-e', 'TOKEN=very-secret-value', '--timeout', '1h', 'sh', '-c', 'echo 12345; exit 2']);
  await home.ended(1);
  const { until } = await import('../support/until.ts');
  await until('the log is complete', () => home.events({ type: 'LogClosed' })[0]);
  // Nor has the journal, which forgets nothing: the value was in the command line of the client, too.
  expect(JSON.stringify(home.events())).not.toContain('very-secret-value');
  const text = await home.ok(['show', '1', '--json']);
  expect(text).not.toContain('very-secret-value');
  const shown = JSON.parse(text) as Record<string, unknown> & { readonly events: readonly Record<string, unknown>[] };
  expect(shown).toMatchObject({
    id: 1,
    state: 'failed',
    exitCode: 2,
    submittedAt: iso,
    attempt: 1,
    timeoutMs: 3_600_000,
    restartOf: null,
    adoptions: 0,
    submittedBy: {
      kind: 'client',
      uid: process.getuid?.(),
      client: expect.stringContaining('ghost-cli') as string,
    },
    log: {
      stdoutBytes: 6,
      stderrBytes: 0,
      complete: true,
    },
    environmentNames: expect.arrayContaining(['TOKEN', 'PATH']) as string[],
  });
  expect(shown.events.map(({ type }) => type)).toEqual([
    'TaskSubmitted',
    'TaskSpawned',
    'TaskStarted',
    'TaskExited',
    'LogClosed',
  ]);
  for (const event of shown.events) {
    expect(keysOf(event)).toEqual(['actor', 'at', 'data', 'hash', 'seq', 'task', 'type']);
    expect(event['at']).toEqual(iso);
  }
  const block = await home.ok(['show', '1']);
  expect(block).toContain('failed');
  expect(block).not.toContain('very-secret-value');
});

test('status is 0 with a daemon and 3 without, and starts none; shutdown leaves the tasks and says how many', async () => {
  await using home = new GhostHome();
  expect(await home.ghost(['status'])).toMatchObject({ status: 3, stdout: '' });
  expect(JSON.parse((await home.ghost(['status', '--json'])).stdout)).toEqual({ running: false });
  expect(await home.ghost(['shutdown'])).toMatchObject({ status: 0 });
  expect(home.daemonPid()).toBeNull();
  await home.run(['sleep', '1000']);
  const status = JSON.parse(await home.ok(['status', '--json'])) as Record<string, unknown>;
  expect(status).toMatchObject({
    running: true,
    pid: home.daemonPid(),
    tasksRunning: 1,
    tasksTotal: 1,
    home: home.path,
    startedAt: iso,
  });
  expect(status['events']).toBe(home.events().length);
  const { stdout, status: code } = await home.ghost(['shutdown']);
  expect({ stdout, code }).toMatchObject({
    stdout: expect.stringMatching(/1 task goes on running/) as string,
    code: 0,
  });
  expect((await home.ghost(['status'])).status).toBe(3);
  expect(await home.task(1)).toMatchObject({ state: 'running' });
  expect(JSON.parse(await home.ok(['shutdown', '--stop-tasks', '--json']))).toMatchObject({
    tasksRunning: 0,
    tasksStopped: 1,
  });
  expect(await home.task(1)).toMatchObject({ state: 'killed', signal: 'SIGTERM' });
  expect(home.events({ type: 'DaemonStopped' }).map(({ data }) => data['tasksRunning'])).toEqual([1, 0]);
});

test('ghost alone on a pipe, help and version say what they are for', async () => {
  await using home = new GhostHome();
  const [alone, help, runHelp, version] = await Promise.all(
    [[], ['help'], ['run', '--help'], ['-v']].map((args) => home.ghost(args)),
  );
  expect(alone).toMatchObject({ status: 0, stdout: help?.stdout, stderr: '' });
  expect(runHelp?.stdout).toBe((await home.ok(['help', 'run'])) + '\n');
  expect(version?.stdout).toMatch(/\d+\.\d+\.\d+/);
  expect(home.daemonPid()).toBeNull();
});
