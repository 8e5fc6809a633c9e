import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { afterReboot, serveInProcess, withReusedPids } from '../support/in-process-daemon.ts';
import { allComplete, complaintsAbout } from '../support/ledger-check.ts';
import { armDaemon, connectTo, runLedgerTask, loseDaemonOver } from '../support/ledger-client.ts';
import { Ledger } from '../support/ledger.ts';
import { until } from '../support/until.ts';

describe('after the machine was started anew', () => {
  test('a task that ran is lost, and whoever has its pid now is not signalled', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('stubborn');
    const id = await home.run(['--', ...task.command]);
    await until('it listens to its signals', () => ledger.printed(task, 'stdout').length > 0);
    const { pid } = await home.task(id);
    await home.killDaemon();
    await using _ = await serveInProcess(home, { processes: afterReboot() });
    await using client = await connectTo(home, { start: false });
    expect((await client.show(String(id))).task).toMatchObject({
      state: 'lost',
      exitCode: null,
      signal: null,
      endedAt: null,
    });
    expect(home.events({ type: 'TaskLost' })[0]?.data).toMatchObject({ reason: 'machine-rebooted' });
    await expect(client.stop(String(id))).rejects.toMatchObject({ code: 'task-ended' });
    await expect(client.signal(String(id), 'SIGKILL')).rejects.toMatchObject({ code: 'task-ended' });
    expect(home.events({ type: 'SignalRequested' })).toEqual([]);
    expect(ledger.signals(task)).toEqual([]);
    // The process that has the number, a stranger for all that is known, goes on.
    expect(pid !== null && isAlive(pid)).toBe(true);
    expect(ledger.runs(task)).toBe(1);
  });

  test('a task whose exit was noted keeps its true exit and all of its output', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('gated');
    const id = await home.run(['--', ...task.command]);
    await home.killDaemon();
    ledger.open(task);
    await until('its exit is noted', () => /^exit 5$/m.test(statusOf(home, id)));
    await using _ = await serveInProcess(home, { processes: afterReboot() });
    await using client = await connectTo(home, { start: false });
    expect((await client.show(String(id))).task).toMatchObject({ state: 'failed', exitCode: 5 });
    expect(home.events({ type: 'TaskExited' })[0]?.data).toMatchObject({ observed: 'found', source: 'status-file' });
    expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
  });

  test('a task of which nothing tells whether it began is lost, and not run', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('quick');
    await loseDaemonOver(home, { point: 'task.spawned', task });
    await using _ = await serveInProcess(home, { processes: afterReboot() });
    await using client = await connectTo(home, { start: false });
    expect((await client.show('1')).task).toMatchObject({ state: 'lost', pid: null, startedAt: null });
    expect(home.events({ type: 'TaskLost' })[0]?.data).toMatchObject({ reason: 'start-unknown' });
    expect(home.events({ type: 'LogClosed' })).toHaveLength(1);
    expect(ledger.runs(task)).toBe(0);
  });

  test('a task that was accepted and never spawned is started', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('failing');
    await loseDaemonOver(home, { point: 'task.submitted', task });
    await using _ = await serveInProcess(home, { processes: afterReboot() });
    await using client = await connectTo(home, { start: false });
    await client.wait(['1']);
    await allComplete(home, client);
    expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
    expect(ledger.runs(task)).toBe(1);
  });

  test('a stop whose grace ran out meanwhile kills nobody', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('stubborn');
    await armDaemon(home, 'signal.sent');
    await using given = await connectTo(home, { start: false });
    const id = await runLedgerTask(given, home, task);
    await until('it listens to its signals', () => ledger.printed(task, 'stdout').length > 0);
    const { pid } = await given.list().then(([first]) => first ?? { pid: null });
    const graceMs = 500;
    await expect(given.stop(String(id), { graceMs })).rejects.toMatchObject({ code: 'daemon-not-running' });
    const over = Date.now() + graceMs;
    await using _ = await serveInProcess(home, { processes: afterReboot() });
    await using client = await connectTo(home, { start: false });
    await until('its grace has run out', () => Date.now() > over);
    // What was due is done by the time that another task has come and gone.
    await client.wait([String(await runLedgerTask(client, home, ledger.task('quick')))]);
    expect(home.events({ type: 'SignalRequested' })).toHaveLength(1);
    expect(pid !== null && isAlive(pid)).toBe(true);
  });
});

describe('where the pids of a task and its shim belong to others by now', () => {
  test('the task is not taken for alive, and the others are not signalled', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('stubborn');
    const id = await home.run(['--', ...task.command]);
    await until('it listens to its signals', () => ledger.printed(task, 'stdout').length > 0);
    const pids = await pidsOf(home, id);
    await home.killDaemon();
    await using _ = await serveInProcess(home, { processes: withReusedPids(pids) });
    await using client = await connectTo(home, { start: false });
    const [lost] = await client.wait([String(id)]);
    expect(lost).toMatchObject({ state: 'lost' });
    expect(home.events({ type: 'TaskAdopted' })).toEqual([]);
    expect(home.events({ type: 'TaskLost' })[0]?.data).toMatchObject({ reason: 'shim-killed' });
    await expect(client.stop(String(id))).rejects.toMatchObject({ code: 'task-ended' });
    expect(ledger.signals(task)).toEqual([]);
    expect(pids.map(isAlive)).toEqual([true, true]);
  });
});

/** The task itself, then its shim. */
async function pidsOf(home: GhostHome, id: number): Promise<readonly number[]> {
  await using client = await connectTo(home);
  const { task, shimPid } = await client.show(String(id));
  return [task.pid, shimPid].filter((pid) => pid !== null);
}

/** What the shim of a task's first attempt has noted. */
function statusOf(home: GhostHome, id: number): string {
  return readFileSync(join(home.path, 'tasks', String(id), 'spool', 'status.1'), 'latin1');
}
