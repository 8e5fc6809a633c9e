import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { processesOfTasks } from '../support/daemons.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

test('a task runs, is listed, and its output and exit status are kept', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
  expect(id).toBe(1);
  const task = await home.ended(id);
  expect(task).toMatchObject({ state: 'failed', exitCode: 3, signal: null, reason: null });
  const log = await home.ghost(['log', '1']);
  expect(log).toMatchObject({ status: 0, stdout: 'out\n', stderr: 'err\n' });
});

test('a task that outlives the daemon is adopted at the next start and its exit is recorded once', async () => {
  await using home = new GhostHome();
  const gate = `${home.work}/gate`;
  const id = await home.run(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo done; exit 7`]);
  await home.killDaemon();
  expect(home.daemonPid()).toBeNull();
  expect(await home.ok(['list'])).toContain('running');
  writeFileSync(gate, '');
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 7 });
  expect(await home.ok(['log', '1'])).toBe('done');
  expect(home.events({ type: 'TaskExited' })).toHaveLength(1);
  expect(home.events({ type: 'TaskAdopted' })).toHaveLength(1);
});

test('an exit that no daemon saw is recorded with its true status', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'while [ ! -e gate ]; do sleep 0.05; done; exit 9']);
  await home.killDaemon();
  writeFileSync(join(home.work, 'gate'), '');
  await until('it has ended without a daemon, and that is written down', () => processesOfTasks(home).length === 0);
  expect(await home.task(id)).toMatchObject({ state: 'failed', exitCode: 9 });
  expect(home.events({ type: 'TaskExited' })[0]?.data).toMatchObject({ observed: 'found' });
});
