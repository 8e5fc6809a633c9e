import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { GhostHome, isAlive, type RecordedEvent } from '../support/ghost-home.ts';
import { armDaemon, loseDaemonOver } from '../support/ledger-client.ts';
import { Ledger, type LedgerTask } from '../support/ledger.ts';
import { until } from '../support/until.ts';

describe('`ghost stop` of a task that ignores SIGTERM, whose daemon dies', () => {
  test('after it noted the wish: SIGTERM is not sent, which is told, and SIGKILL follows', async () => {
    await using home = new GhostHome();
    const { signals, events } = await stopped(home, { crash: 'signal.requested' });
    expect(signals).toEqual([]);
    expect(events).toEqual([
      ['SIGTERM', 'stop', 'unknown'],
      ['SIGKILL', 'grace-ran-out', 'delivered'],
    ]);
  });

  test('after the signal was sent: it is not sent again, its answer is unknown, and SIGKILL follows', async () => {
    await using home = new GhostHome();
    const { signals, events } = await stopped(home, { crash: 'signal.delivered' });
    expect(signals).toEqual(['TERM']);
    expect(events).toEqual([
      ['SIGTERM', 'stop', 'unknown'],
      ['SIGKILL', 'grace-ran-out', 'delivered'],
    ]);
  });

  test('after the answer was noted: it is not sent again, and SIGKILL follows', async () => {
    await using home = new GhostHome();
    const { signals, events } = await stopped(home, { crash: 'signal.sent' });
    expect(signals).toEqual(['TERM']);
    expect(events).toEqual([
      ['SIGTERM', 'stop', 'delivered'],
      ['SIGKILL', 'grace-ran-out', 'delivered'],
    ]);
  });

  test('after it noted that SIGKILL is due: the next one sends it', async () => {
    await using home = new GhostHome();
    const { signals, events } = await stopped(home, { crash: 'signal.requested', nth: 2 });
    expect(signals).toEqual(['TERM']);
    expect(events).toEqual([
      ['SIGTERM', 'stop', 'delivered'],
      ['SIGKILL', 'grace-ran-out', 'unknown'],
      ['SIGKILL', 'grace-ran-out', 'delivered'],
    ]);
  });
});

test('`ghost stop` of what an ended task, its log closed, has left behind is seen through over a daemon that dies', async () => {
  await using home = new GhostHome();
  const pidFile = join(home.work, 'stubborn');
  const stubborn = `trap '' TERM; echo $$ > ${pidFile}.tmp; mv ${pidFile}.tmp ${pidFile}; exec sleep 600`;
  const script = `sh -c "$0" > /dev/null 2>&1 < /dev/null & while [ ! -e ${pidFile} ]; do sleep 0.02; done`;
  const id = await home.run(['sh', '-c', script, stubborn]);
  await home.ended(id);
  await until('its log is closed', () => home.events({ type: 'LogClosed', task: id }).length > 0);
  const pid = Number(readFileSync(pidFile, 'latin1'));
  const { ended } = home.begin(['stop', '--grace', '2s', String(id)]);
  await until('it is told', () => sentTo(home, id).length > 0);
  await home.killDaemon();
  expect(await ended).toMatchObject({ status: 0 });
  await until('what was left is killed', () => !isAlive(pid));
  await until('that is noted', () => sentTo(home, id).length > 1);
  expect(sentTo(home, id)).toEqual([
    ['SIGTERM', 'stop', 'delivered'],
    ['SIGKILL', 'grace-ran-out', 'delivered'],
  ]);
  expect(await home.task(id)).toMatchObject({ state: 'exited', exitCode: 0 });
});

test('`ghost kill` whose daemon dies before it could kill is carried out by the next', async () => {
  await using home = new GhostHome();
  const { id } = await running(home, { crash: 'signal.requested' });
  expect((await home.ghost(['kill', String(id)])).status).toBe(0);
  expect(await home.task(id)).toMatchObject({ state: 'killed', signal: 'SIGKILL' });
  expect(sentTo(home, id)).toEqual([
    ['SIGKILL', 'kill', 'unknown'],
    ['SIGKILL', 'kill', 'delivered'],
  ]);
});

describe('`run --timeout`', () => {
  test('holds although the daemon that promised it dies', async () => {
    await using home = new GhostHome();
    const task = new Ledger(home.work).task('patient');
    const id = await home.run(['--timeout', '1s', '--', ...task.command]);
    await home.killDaemon();
    expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 9 });
    expect(sentTo(home, id)).toEqual([['SIGTERM', 'timeout', 'delivered']]);
  });

  test('that ran out while no daemon was there is kept by the next', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('gated');
    const timeoutMs = 100;
    await loseDaemonOver(home, { point: 'task.started', task, timeoutMs });
    const started = home.events({ type: 'TaskStarted' })[0];
    await until('its time is over', () => Date.now() > Number(started?.data['startedAt']) / 1000 + timeoutMs);
    expect(home.events({ type: 'SignalRequested' })).toEqual([]);
    expect(await home.ended(1)).toMatchObject({ state: 'killed', signal: 'SIGTERM' });
    expect(sentTo(home, 1)).toEqual([['SIGTERM', 'timeout', 'delivered']]);
  });
});

/** Stops a task that ignores SIGTERM over a daemon that dies; the same command then has to see it through. */
async function stopped(home: GhostHome, { crash, nth = 1 }: { crash: SignalPoint; nth?: number }) {
  const { id, ledger, task } = await running(home, { crash, nth });
  const { status, stderr } = await home.ghost(['stop', '--grace', '700ms', String(id)]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(await home.task(id)).toMatchObject({ state: 'killed', signal: 'SIGKILL' });
  return { signals: ledger.signals(task), events: sentTo(home, id) };
}

type SignalPoint = 'signal.requested' | 'signal.delivered' | 'signal.sent';

async function running(
  home: GhostHome,
  { crash, nth = 1 }: { crash: SignalPoint; nth?: number },
): Promise<{ id: number; ledger: Ledger; task: LedgerTask }> {
  const ledger = new Ledger(home.work);
  const task = ledger.task('stubborn');
  await armDaemon(home, crash, { nth });
  const id = await home.run(['--', ...task.command]);
  await until('it listens to its signals', () => ledger.printed(task, 'stdout').length > 0);
  return { id, ledger, task };
}

function sentTo(home: GhostHome, task: number): unknown[][] {
  const shown = ({ data }: RecordedEvent): unknown[] => [data['signal'], data['reason'], data['answer']];
  return home.events({ type: 'SignalSent', task }).map(shown);
}
