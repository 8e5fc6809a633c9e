import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { killAll, shimOf } from '../support/shim-of.ts';
import { until } from '../support/until.ts';

/** Counts until a file is there, and exits with 7. */
const counter = 'i=0; while [ ! -e gate ]; do i=$((i+1)); echo $i; sleep 0.02; done; echo end; exit 7';
const openGate = (home: GhostHome): void => writeFileSync(join(home.work, 'gate'), '');

async function runCounter(home: GhostHome): Promise<{ readonly id: number; readonly pid: number }> {
  const id = await home.run(['sh', '-c', counter]);
  // The task itself by now, in a group of its own, and no longer the shell that becomes it.
  const spool = join(home.path, 'tasks', String(id), 'spool', 'stdout');
  await until('it counts', () => statSync(spool).size > 0);
  return { id, pid: (await home.task(id)).pid ?? 0 };
}

/** The lines of a log, which must be numbers that rise, and `end`. @returns how many are missing. */
async function missingLines(home: GhostHome, id: number): Promise<number> {
  const lines = (await home.ok(['log', String(id)])).split('\n');
  expect(lines.at(-1)).toBe('end');
  const numbers = lines.slice(0, -1).map(Number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size, 'a line came twice').toBe(numbers.length);
  return (numbers.at(-1) ?? 0) - numbers.length;
}

const logComplete = (home: GhostHome, id: number): Promise<unknown> =>
  until('the log is complete', () => home.events({ type: 'LogClosed', task: id }).length === 1);

async function pumpsReplaced(home: GhostHome, id: number): Promise<void> {
  await until('both pumps are replaced', () => home.events({ type: 'PumpRestarted', task: id }).length === 2);
}

async function moreOutput(home: GhostHome, id: number): Promise<void> {
  const before = (await home.ok(['log', String(id)])).length;
  await until('output comes again', async () => (await home.ok(['log', String(id)])).length > before);
}

/** Lets the counter end, as it would have ended anyway. @returns how many lines are missing: a killed pump may hold one. */
async function missingAtEnd(home: GhostHome, id: number): Promise<number> {
  openGate(home);
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 7 });
  await logComplete(home, id);
  return await missingLines(home, id);
}

test('a task whose shim is killed runs on, and the kernel tells how it ended', async () => {
  await using home = new GhostHome();
  const exits = await runCounter(home);
  const dies = await home.run(['sleep', '600']);
  const diesPid = (await home.task(dies)).pid ?? 0;
  await killAll(shimOf(home, exits.id).shim, shimOf(home, dies).shim);
  expect(await home.task(exits.id)).toMatchObject({ state: 'running' });
  process.kill(diesPid, 'SIGINT');
  openGate(home);
  expect(await home.ended(exits.id)).toMatchObject({ state: 'failed', exitCode: 7 });
  expect(await home.ended(dies)).toMatchObject({ state: 'killed', signal: 'SIGINT' });
  expect(home.events({ type: 'TaskExited' }).map(({ data }) => data['source'])).toEqual(['kernel', 'kernel']);
  await logComplete(home, exits.id);
  expect(await missingLines(home, exits.id)).toBe(0);
});

test('a task whose shim and daemon are both killed is taken up by the next daemon, which learns its true end', async () => {
  await using home = new GhostHome();
  const { id, pid } = await runCounter(home);
  await killAll(shimOf(home, id).shim);
  await home.killDaemon();
  expect(await home.task(id)).toMatchObject({ state: 'running', pid });
  expect(home.events({ type: 'TaskOrphaned' })[0]?.data).toMatchObject({ pid, shim: 'gone' });
  openGate(home);
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 7 });
  await logComplete(home, id);
  expect(await missingLines(home, id)).toBe(0);
});

test('a task that ends with neither shim nor daemon is lost, says why, and is not run again', async () => {
  await using home = new GhostHome();
  const { id, pid } = await runCounter(home);
  await home.killDaemon();
  await killAll(shimOf(home, id).shim);
  openGate(home);
  await until('it has ended, and is collected', () => !existsSync(`/proc/${pid}`));
  const task = await home.task(id);
  expect(task).toMatchObject({ state: 'lost', exitCode: null, signal: null });
  expect(task.reason).toContain('shim');
  expect(home.events({ type: 'TaskLost' })).toHaveLength(1);
  expect(home.events({ type: 'TaskLost' })[0]?.data).toMatchObject({ reason: 'shim-killed' });
  expect(await home.ghost(['wait', String(id)])).toMatchObject({ status: 1 });
  await logComplete(home, id);
  expect(await missingLines(home, id)).toBe(0);
  expect(home.events({ type: 'TaskSpawned' })).toHaveLength(1);
});

test('a pump that is killed is replaced, and nothing hangs at the end', async () => {
  await using home = new GhostHome();
  const { id } = await runCounter(home);
  const { stdout, stderr } = shimOf(home, id);
  await killAll(stdout, stderr);
  await pumpsReplaced(home, id);
  await moreOutput(home, id);
  expect(await missingAtEnd(home, id)).toBeLessThanOrEqual(1);
});

test('a pump that is killed right before the end delays neither the end nor the last words', async () => {
  await using home = new GhostHome();
  const { id } = await runCounter(home);
  const { stdout, stderr } = shimOf(home, id);
  await killAll(stdout, stderr);
  expect(await missingAtEnd(home, id)).toBeLessThanOrEqual(1);
});

test('a pump whose place the shim had to take at the end, since nobody else was there, is an event too', async () => {
  await using home = new GhostHome();
  const { id } = await runCounter(home);
  const { shim, stdout } = shimOf(home, id);
  await home.killDaemon();
  await killAll(stdout);
  openGate(home);
  await until('the shim has ended', () => !isAlive(shim));
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 7 });
  await logComplete(home, id);
  expect(home.events({ type: 'PumpRestarted', task: id }).map(({ data }) => data['stream'])).toEqual(['stdout']);
  expect(await missingLines(home, id)).toBeLessThanOrEqual(1);
  expect(existsSync(join(home.path, 'tasks', String(id), 'spool', 'stdout.again'))).toBe(false);
});

test('when shim, pumps and daemon are all killed the task goes on, and so does its log under the next daemon', async () => {
  await using home = new GhostHome();
  const { id, pid } = await runCounter(home);
  const { shim, stdout, stderr } = shimOf(home, id);
  // The daemon first: while it lives it replaces pumps at once.
  await home.killDaemon();
  process.kill(-shim, 'SIGKILL');
  await until('the shim’s group is gone', () => [shim, stdout, stderr].every((member) => !isAlive(member)));
  expect(await home.task(id)).toMatchObject({ state: 'running', pid });
  await pumpsReplaced(home, id);
  await moreOutput(home, id);
  expect(await missingAtEnd(home, id)).toBeLessThanOrEqual(1);
});

test('when shim and pumps are killed under a living daemon, they are replaced at once and nothing more is lost', async () => {
  await using home = new GhostHome();
  const { id } = await runCounter(home);
  process.kill(-shimOf(home, id).shim, 'SIGKILL');
  await pumpsReplaced(home, id);
  expect(await missingAtEnd(home, id)).toBeLessThanOrEqual(1);
});

test('a task that outlived its shim, pumps and daemon, and then ended, is lost and its log is closed', async () => {
  await using home = new GhostHome();
  const { id, pid } = await runCounter(home);
  const { shim, stdout, stderr } = shimOf(home, id);
  await home.killDaemon();
  process.kill(-shim, 'SIGKILL');
  await until('the shim’s group is gone', () => [shim, stdout, stderr].every((member) => !isAlive(member)));
  openGate(home);
  await until('it has ended, and is collected', () => !existsSync(`/proc/${pid}`));
  expect(await home.task(id)).toMatchObject({ state: 'lost' });
  await logComplete(home, id);
  expect(home.events({ type: 'PumpRestarted' })).toEqual([]);
});
