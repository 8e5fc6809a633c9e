import { describe, expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { type CrashPoint, crashPoints } from '../../src/crash-point.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { allComplete, complaintsAbout } from '../support/ledger-check.ts';
import { armDaemon, connectTo, runLedgerTask } from '../support/ledger-client.ts';
import { Ledger, shortKinds } from '../support/ledger.ts';
import { until } from '../support/until.ts';

/** Those of a daemon's own start. */
const startPoints = crashPoints.filter((point) =>
  /^daemon\.(locked|opened|adopted|bound|card-written|listening)|^journal\.opened/.test(point),
);
/**
 * Those of the tasks that it starts and stops. What only something rarer passes (an older journal, a prune, a change) is
 * killed in the chaos: test/property/crash-chaos.test.ts.
 */
const taskPoints = crashPoints.filter(
  (point) => /^(task|signal|order|segment)\./.test(point) && !/^task\.(aborted|adopted|refused)/.test(point),
);

/** Each point the first time, and where every task passes it, in the midst of the others too. */
const crashes = taskPoints.flatMap((point): [CrashPoint, number][] =>
  point.startsWith('task.')
    ? [
        [point, 1],
        [point, 4],
      ]
    : [[point, 1]],
);

describe('a daemon that is killed while it looks after tasks', () => {
  test.for(crashes)('%s, time %i: each ran once, and nothing of it is lost', async ([point, nth]) => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    expect((await armDaemon(home, point, { nth })).status).toBe(0);
    const armed = home.daemonPid();
    await using client = await connectTo(home);
    await Promise.all([
      ...shortKinds.map((kind) => runLedgerTask(client, home, ledger.task(kind))),
      runAndStop(client, { home, ledger }),
    ]);
    await allComplete(home, client);
    // No point is dead: an ordinary life passes it.
    await until(`the daemon ${armed} has died at ${point}`, () => armed !== null && !isAlive(armed));
    expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
  });
});

describe('a daemon that is killed while it starts', () => {
  test.for(startPoints)('%s: the next one finds everything as the first would have', async (point) => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    await using client = await connectTo(home);
    await Promise.all(shortKinds.map((kind) => runLedgerTask(client, home, ledger.task(kind))));
    const first = await home.killDaemon();
    const started = await armDaemon(home, point);
    expect(started).toMatchObject({ status: 4, stderr: expect.stringContaining('SIGKILL') });
    await allComplete(home, client);
    expect(home.daemonPid()).not.toBe(first);
    expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
  });
});

/** A task that is stopped: it notes its SIGTERM and ends, or where that was lost with a daemon, is killed. */
async function runAndStop(client: Client, { home, ledger }: { home: GhostHome; ledger: Ledger }): Promise<void> {
  const task = ledger.task('patient');
  const id = await runLedgerTask(client, home, task);
  await until('the task listens to its signals', () => ledger.printed(task, 'stdout').length > 0);
  const { task: stopped } = await client.stop(String(id), { graceMs: 500 });
  expect(ledger.signals(task)).toHaveLength(stopped.exitCode === 9 ? 1 : ledger.signals(task).length % 2);
}
