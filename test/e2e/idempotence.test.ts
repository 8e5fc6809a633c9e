import { describe, expect, test } from 'vitest';

import { openConnection } from '../../src/client/connector.ts';
import type { CrashPoint } from '../../src/crash-point.ts';
import { resolvePaths } from '../../src/paths.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { allComplete, complaintsAbout } from '../support/ledger-check.ts';
import { armDaemon, connectTo } from '../support/ledger-client.ts';
import { Ledger } from '../support/ledger.ts';

/** What lies between a request that has come in and its answer. */
const beforeTheAnswer: readonly CrashPoint[] = [
  'task.submitted',
  'task.files-opened',
  'task.shim-spawned',
  'task.spawned',
  'task.go-given',
  'task.started',
];

describe('`ghost run` whose daemon dies before it has answered', () => {
  test.for(beforeTheAnswer)('at %s: it gives the number of the one task that it is', async (point) => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('failing');
    await armDaemon(home, point);
    expect(await home.run(['--', ...task.command])).toBe(1);
    await using client = await connectTo(home);
    await allComplete(home, client);
    expect(home.events({ type: 'TaskSubmitted' })).toHaveLength(1);
    expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
  });
});

test('a refusal is answered again to a client that lost the first answer', async () => {
  await using home = new GhostHome();
  await armDaemon(home, 'task.submitted');
  expect(await home.ghost(['run', 'no-such-program-anywhere'])).toMatchObject({ status: 127, stdout: '' });
  expect(home.events({ type: 'TaskSubmitted' })).toHaveLength(1);
  expect(home.events({ type: 'TaskStartFailed' })).toHaveLength(1);
});

test('the same request made several times at once is one task', async () => {
  await using home = new GhostHome();
  const ledger = new Ledger(home.work);
  const task = ledger.task('quick');
  await home.ok(['list']);
  const connection = await openConnection({ paths: resolvePaths(home.env), program: 'test' });
  if (connection === null) throw new Error('no daemon');
  await using _ = { [Symbol.asyncDispose]: () => connection.close() };
  const request = {
    requestId: 'asked-again',
    command: task.command,
    cwd: home.work,
    environment: [['PATH', home.env['PATH'] ?? '']],
    umask: 0o022,
    openFilesSoftLimit: null,
    name: null,
    tags: [],
    timeoutMs: null,
  } as const;
  const answers = await Promise.all(['first', 'second', 'third'].map(() => connection.request('run', request)));
  answers.push(await connection.request('run', request));
  expect(answers.map(({ id }) => id)).toEqual([1, 1, 1, 1]);
  // Nor is a number lost.
  expect((await connection.request('run', { ...request, requestId: 'another' })).id).toBe(2);
  await using client = await connectTo(home);
  await allComplete(home, client);
  expect(ledger.runs(task)).toBe(2);
});
