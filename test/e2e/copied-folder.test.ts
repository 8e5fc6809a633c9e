import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { daemonsOf } from '../support/daemons.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { afterReboot, serveInProcess } from '../support/in-process-daemon.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { connectTo } from '../support/ledger-client.ts';
import { until } from '../support/until.ts';

/** A second home whose data folder is a copy of the first one's, as cp makes it: sockets, FIFOs and times too. */
function copyOf(home: GhostHome): GhostHome {
  const copy = new GhostHome();
  execFileSync('cp', ['-a', home.path, copy.path]);
  return copy;
}

const obstinate = ['sh', '-c', 'trap "echo told" TERM; echo here; while :; do sleep 0.05; done'];

describe('a data folder that was copied while its tasks ran', () => {
  test('has a daemon of its own, which takes up and signals nothing of the other one', async () => {
    await using home = new GhostHome();
    const id = await home.run(obstinate);
    const ended = await home.run(['sh', '-c', 'echo done; exit 3']);
    await home.ended(ended);
    await until('it listens to its signals', async () => (await home.ok(['log', String(id)])) === 'here');
    const pid = (await home.task(id)).pid ?? 0;
    const before = home.events().length;
    await using copy = copyOf(home);
    expect(existsSync(join(copy.path, 'daemon.json'))).toBe(true);

    expect(await copy.task(id)).toMatchObject({ state: 'lost', exitCode: null, signal: null });
    expect(copy.daemonPid()).not.toBe(home.daemonPid());
    expect(copy.events({ type: 'TaskLost', task: id })[0]?.data).toMatchObject({ reason: 'folder-copied' });
    expect(copy.events({ type: 'TaskAdopted' })).toEqual([]);
    expect(await copy.ghost(['stop', String(id)])).toMatchObject({ status: 1 });
    expect(await copy.ghost(['kill', String(id)])).toMatchObject({ status: 1 });
    expect(copy.events({ type: 'SignalRequested' })).toEqual([]);
    expect(await copy.ok(['why', String(id)])).toContain('This data folder is a copy');
    // What had ended is there, with its output; and it goes on with numbers of its own.
    expect(await copy.task(ended)).toMatchObject({ exitCode: 3 });
    expect(await copy.ok(['log', String(ended)])).toBe('done');
    expect(await copy.run(['true'])).toBe(3);

    expect(isAlive(pid)).toBe(true);
    expect(await home.task(id)).toMatchObject({ state: 'running', pid });
    expect(home.events().length).toBe(before);
    expect(await home.ok(['log', String(id)])).toBe('here');
    expect([journalFaults(home), journalFaults(copy)]).toEqual([[], []]);
  });

  test('with its daemon dead, the two are told apart by whose files the tasks have open', async () => {
    await using home = new GhostHome();
    const id = await home.run(obstinate);
    const { shimPid } = await shimOf(home, id);
    await home.killDaemon();
    await using copy = copyOf(home);
    expect(await copy.task(id)).toMatchObject({ state: 'lost' });
    // Without its shim the task itself is asked.
    process.kill(shimPid, 'SIGKILL');
    await until('the shim is gone', () => !isAlive(shimPid));
    await using second = copyOf(home);
    expect(await second.task(id)).toMatchObject({ state: 'lost' });
    expect(await home.task(id)).toMatchObject({ state: 'running' });
  });

  test('is known for a copy without its pipes and notes too, as one that was made of files alone', async () => {
    await using home = new GhostHome();
    const id = await home.run(obstinate);
    await home.killDaemon();
    await using copy = copyOf(home);
    rmSync(join(copy.path, 'tasks', String(id), 'spool'), { recursive: true });
    expect(await copy.task(id)).toMatchObject({ state: 'lost' });
    expect(await home.task(id)).toMatchObject({ state: 'running' });
  });

  test('and taken to another machine, whatever has the pids there is left alone, and they are lost', async () => {
    await using home = new GhostHome();
    const id = await home.run(obstinate);
    await until('it runs', async () => (await home.ok(['log', String(id)])) === 'here');
    const pid = (await home.task(id)).pid ?? 0;
    await using copy = copyOf(home);
    await using _ = await serveInProcess(copy, { processes: afterReboot() });
    await using client = await connectTo(copy, { start: false });
    expect((await client.show(String(id))).task).toMatchObject({ state: 'lost' });
    const [lost] = copy.events({ type: 'TaskLost' });
    expect(lost?.data).toMatchObject({ reason: 'machine-rebooted' });
    expect(lost?.data['message']).toContain('copied from another one');
    await expect(client.stop(String(id))).rejects.toMatchObject({ code: 'task-ended' });
    expect(isAlive(pid)).toBe(true);
    expect(await home.ok(['log', String(id)])).toBe('here');
  });
});

test('a data folder that was moved is the same one: its tasks are taken up', async () => {
  await using home = new GhostHome();
  const id = await home.run(obstinate);
  await home.killDaemon();
  await using moved = new GhostHome();
  renameSync(home.path, moved.path);
  expect(await moved.task(id)).toMatchObject({ state: 'running' });
  expect(moved.events({ type: 'TaskAdopted' })).toHaveLength(1);
  await moved.ok(['kill', String(id)]);
  expect(await moved.ended(id)).toMatchObject({ state: 'killed' });
});

test('two data folders at once know nothing of each other, though their tasks bear the same numbers', async () => {
  await using one = new GhostHome();
  await using other = new GhostHome();
  const [first, second] = await Promise.all([one.run(['sleep', '600']), other.run(['sleep', '600'])]);
  expect([first, second]).toEqual([1, 1]);
  const pid = (await other.task(1)).pid;
  await one.ok(['kill', '1']);
  await one.ok(['shutdown']);
  expect(await other.task(1)).toMatchObject({ state: 'running', pid });
  expect([daemonsOf(one).length, daemonsOf(other).length]).toEqual([0, 1]);
  expect(readFileSync(join(other.path, 'daemon.log'), 'utf8')).not.toContain(one.path);
});

async function shimOf(home: GhostHome, id: number): Promise<{ readonly shimPid: number }> {
  await using client = await connectTo(home);
  const { shimPid } = await client.show(String(id));
  return { shimPid: shimPid ?? 0 };
}
