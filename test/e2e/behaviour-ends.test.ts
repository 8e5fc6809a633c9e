import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { connect } from '../../src/client/library.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { processesOfTasks } from '../support/daemons.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

const shells = ['/bin/dash', '/bin/bash', '/usr/bin/busybox'];
const signals = [
  'SIGTERM',
  'SIGKILL',
  'SIGINT',
  'SIGPIPE',
  'SIGSEGV',
  'SIGQUIT',
  'SIGHUP',
  'SIGABRT',
  'SIGUSR1',
] as const;
/** Those that a shell's own 128+n could be taken for, and the edges. */
const codes = [0, 1, 2, 126, 127, 128, 129, 130, 131, 137, 139, 141, 143, 192, 200, 254, 255];
const untilGate = 'while [ ! -e gate ]; do sleep 0.05; done;';

/** The library in this process: a command line for each of so many tasks would cost a Node each. */
async function clientOf(home: GhostHome): Promise<Client> {
  // The daemon is started by the command line, in the environment of this home.
  await home.ok(['list']);
  return connect({ home: home.path });
}

/** Starts tasks, which all run when they are given back, so that the daemon holds them and can ask the kernel. */
async function runAll(
  client: Client,
  home: GhostHome,
  commands: readonly (readonly string[])[],
): Promise<readonly TaskView[]> {
  const environment = Object.entries(home.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Promise.all(commands.map((command) => client.run({ command, cwd: home.work, environment })));
}

async function endedAll(client: Client, tasks: readonly TaskView[]): Promise<readonly TaskView[]> {
  return client.wait(tasks.map(({ id }) => String(id)));
}

/** Until each is the program that it was started as: before, a signal meets the shell that becomes it. */
async function sleeping(tasks: readonly TaskView[]): Promise<void> {
  const nameOf = (task: TaskView): string => readFileSync(`/proc/${pidOf(task)}/comm`, 'utf8');
  await until('each of them sleeps', () => tasks.every((task) => nameOf(task) === 'sleep\n'));
}

const openGate = (home: GhostHome): void => writeFileSync(join(home.work, 'gate'), '');
const pidOf = ({ pid }: TaskView): number => pid ?? 0;

describe.for(shells)('under a shim in %s', (shell) => {
  test('a task that a signal from outside ends is killed by that signal, and ghost sent none', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    await using client = await clientOf(home);
    const tasks = await runAll(
      client,
      home,
      signals.map(() => ['sleep', '600']),
    );
    await sleeping(tasks);
    for (const [index, task] of tasks.entries()) process.kill(pidOf(task), signals[index]);
    const ended = await endedAll(client, tasks);
    expect(ended.map(({ state, signal, exitCode }) => ({ state, signal, exitCode }))).toEqual(
      signals.map((signal) => ({ state: 'killed', signal, exitCode: null })),
    );
    expect(home.events({ type: 'TaskExited' }).map(({ data }) => data['source'])).toEqual(signals.map(() => 'kernel'));
    expect(home.events({ type: 'SignalSent' })).toEqual([]);
  });

  test('a task that exits by itself has failed with just that code, also where a shell would say 128+n', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    await using client = await clientOf(home);
    const tasks = await runAll(
      client,
      home,
      codes.map((code) => ['sh', '-c', `${untilGate} exit ${code}`]),
    );
    openGate(home);
    const ended = await endedAll(client, tasks);
    expect(ended.map(({ state, signal, exitCode }) => ({ state, signal, exitCode }))).toEqual(
      codes.map((exitCode) => ({ state: exitCode === 0 ? 'exited' : 'failed', signal: null, exitCode })),
    );
  });

  test('what ended while no daemon ran is told apart in the same way', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    await using client = await clientOf(home);
    // An exit of 130 or 141 cannot be told from SIGINT and SIGPIPE without the kernel's word, for which nobody was there.
    const own = [0, 3, 129, 131, 137, 143, 255];
    const byCode = await runAll(
      client,
      home,
      own.map((code) => ['sh', '-c', `${untilGate} exit ${code}`]),
    );
    const bySignal = await runAll(
      client,
      home,
      signals.map(() => ['sleep', '600']),
    );
    await sleeping(bySignal);
    await home.killDaemon();
    openGate(home);
    for (const [index, task] of bySignal.entries()) process.kill(pidOf(task), signals[index]);
    // Their shims too: what is only written down is found, what is still to be written is seen.
    await until('every task has ended without a daemon', () => processesOfTasks(home).length === 0);
    await home.ok(['list']);
    expect((await endedAll(client, byCode)).map(({ exitCode }) => exitCode)).toEqual(own);
    expect((await endedAll(client, bySignal)).map(({ signal }) => signal)).toEqual(signals);
    const exits = home.events({ type: 'TaskExited' });
    expect(exits).toHaveLength(own.length + signals.length);
    for (const { data } of exits) expect(data).toMatchObject({ observed: 'found', source: 'status-file' });
  });

  test('a task that becomes another program keeps its pid, and the other one’s end is its end', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    const id = await home.run(['sh', '-c', 'echo $$ > pid; exec sh -c "echo \\$\\$ > pid2; exit 42"']);
    const task = await home.ended(id);
    expect(task).toMatchObject({ state: 'failed', exitCode: 42 });
    expect(readFileSync(join(home.work, 'pid2'), 'utf8')).toBe(readFileSync(join(home.work, 'pid'), 'utf8'));
  });
});

test('a task may end by any real-time signal too', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'kill -40 $$']);
  expect(await home.ended(id)).toMatchObject({ state: 'killed', signal: 'SIGRTMIN+6' });
});

test('the exit status of a task whose own child was killed is the task’s own', async () => {
  await using home = new GhostHome();
  const id = await home.run(['dash', '-c', 'dash -c "kill -TERM \\$\\$"; exit $?']);
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 143, signal: null });
});
