import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { crashPoints } from '../../src/crash-point.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { allComplete, complaintsAbout } from '../support/ledger-check.ts';
import { armDaemon, connectTo, runLedgerTask } from '../support/ledger-client.ts';
import { Ledger } from '../support/ledger.ts';
import { until } from '../support/until.ts';

const steps = crashPoints.filter((point) => point.startsWith('pump.'));

// Each waits for a daemon to look after its tasks, which it does every few seconds.
test.concurrent.for(steps)('a pump that somebody killed is put back once, though a daemon dies at %s', async (step) => {
  await using home = new GhostHome();
  const ledger = new Ledger(home.work);
  const task = ledger.task('roused');
  expect((await armDaemon(home, step)).status).toBe(0);
  const armed = home.daemonPid();
  await using client = await connectTo(home);
  const id = String(await runLedgerTask(client, home, task));
  const spool = join(home.path, 'tasks', id, 'spool');
  // Then the pump has nothing in hand.
  await until('its word is in the spool', () => readFileSync(join(spool, 'stdout'), 'utf8') === `${task.key} waits\n`);
  killPump(spool);
  await until('the daemon has died over it', () => armed !== null && !isAlive(armed));
  await client.ping();
  await until('there is a pump again', () => pumpsOf(spool).length > 0);
  ledger.open(task);
  await client.wait([id]);
  await allComplete(home, client);
  expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
});

/** Two at a pipe would mix up what they read. */
test.concurrent('a pump that a daemon put in as it died is taken up by the next, which puts in no other', async () => {
  await using home = new GhostHome();
  const ledger = new Ledger(home.work);
  const task = ledger.task('roused');
  await armDaemon(home, 'pump.replaced');
  const armed = home.daemonPid();
  await using client = await connectTo(home);
  const id = String(await runLedgerTask(client, home, task));
  const spool = join(home.path, 'tasks', id, 'spool');
  await until('its word is in the spool', () => readFileSync(join(spool, 'stdout'), 'utf8') === `${task.key} waits\n`);
  killPump(spool);
  await until('the daemon has died over it', () => armed !== null && !isAlive(armed));
  await until('the new pump has said who it is', () =>
    /^\d+$/m.test(readFileSync(join(spool, 'stdout.pump'), 'latin1')),
  );
  await client.ping();
  // A second task whose pump is put back as well: by then the first one's was looked at.
  const other = ledger.task('roused');
  const second = String(await runLedgerTask(client, home, other));
  const otherSpool = join(home.path, 'tasks', second, 'spool');
  await until('its word is there', () => readFileSync(join(otherSpool, 'stdout'), 'utf8') === `${other.key} waits\n`);
  killPump(otherSpool);
  await until('it is put back', () =>
    home.events({ type: 'PumpRestarted' }).some((event) => event.task === Number(second)),
  );
  expect(home.events({ type: 'PumpRestarted', task: Number(id) })).toEqual([]);
  expect(pumpsOf(spool)).toHaveLength(1);
  for (const one of [task, other]) ledger.open(one);
  await client.wait([id, second]);
  await allComplete(home, client);
  expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
});

function killPump(spool: string): void {
  for (const pid of pumpsOf(spool)) process.kill(pid, 'SIGKILL');
}

/** The processes that read a task's stdout: one that a daemon put in has an empty environment, and no mark of the test. */
function pumpsOf(spool: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/comm`, 'latin1') === 'cat\n' &&
          readlinkSync(`/proc/${pid}/fd/0`) === join(spool, 'stdout.fifo')
        );
      } catch {
        // Ended in between.
        return false;
      }
    });
}
