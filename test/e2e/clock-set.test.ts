import { describe, expect, test } from 'vitest';

import { type Clock, systemClock } from '../../src/clock.ts';
import { linuxProcessTable } from '../../src/daemon/process-table.ts';
import type { Microseconds } from '../../src/journal/events.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { serveInProcess } from '../support/in-process-daemon.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { connectTo } from '../support/ledger-client.ts';
import { until } from '../support/until.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const environment = [['PATH', '/usr/bin:/bin']] as const;
const obstinate = ['sh', '-c', 'trap "" TERM; echo here; while :; do sleep 0.05; done'];

/** The time of day, which somebody sets. */
class SettableClock {
  readonly #real = systemClock();
  offsetMs = 0;

  readonly now: Clock = () => (this.#real() + this.offsetMs * 1000) as Microseconds;
}

describe.for([
  ['set back by a day', -dayMs],
  ['set forward by a year', 365 * dayMs],
] as const)('a clock that is %s while tasks run', ([, jumpMs]) => {
  test('ends none of them, makes no promise of a stop longer or shorter, and keeps the order of what happened', async () => {
    await using home = new GhostHome();
    const clock = new SettableClock();
    const daemon = await serveInProcess(home, { clock: clock.now });
    try {
      await using client = await connectTo(home, { start: false });
      const { id: timed } = await client.run({ command: ['sleep', '600'], environment, timeoutMs: hourMs });
      const { id: deaf } = await client.run({ command: obstinate, environment });
      const ending = await client.run({ command: ['sh', '-c', 'read _ < "$0"; exit 4', '/dev/null'], environment });
      await client.wait([String(ending.id)]);
      await until('it listens to its signals', async () => (await home.ok(['log', String(deaf)])) === 'here');
      const before = home.events().length;

      clock.offsetMs = jumpMs;
      // Whatever happens to a task has its deadlines looked at again.
      await client.rename(String(timed), 'timed');
      await client.rename(String(deaf), 'deaf');
      const long = client.stop(String(deaf), { graceMs: 20 * 60_000 });
      await until('it was asked to end', () => home.events({ type: 'SignalSent', task: deaf }).length === 1);
      // As one that was asked for before; it is another task, so that nothing else comes first.
      const { id: other } = await client.run({ command: obstinate, environment });
      await until('it listens', async () => (await home.ok(['log', String(other)])) === 'here');
      expect(await client.stop(String(other), { graceMs: 300 })).toMatchObject({
        task: { state: 'killed', signal: 'SIGKILL' },
      });
      const { id: later } = await client.run({ command: ['sh', '-c', 'echo later; exit 6'], environment });
      await client.wait([String(later)]);

      const tasks = await client.list();
      expect(tasks.map(({ id, state }) => [id, state])).toEqual([
        [timed, 'running'],
        [deaf, 'running'],
        [ending.id, 'failed'],
        [other, 'killed'],
        [later, 'failed'],
      ]);
      for (const { durationMs } of tasks) expect(durationMs ?? 0).toBeGreaterThanOrEqual(0);
      expect(home.events({ type: 'SignalRequested', task: timed })).toEqual([]);
      // By their numbers, whatever their times.
      const atBefore = await client.list({ at: { kind: 'event', seq: before } });
      expect(atBefore.map(({ id, state }) => [id, state])).toEqual([
        [timed, 'running'],
        [deaf, 'running'],
        [ending.id, 'failed'],
      ]);
      expect((await client.status()).uptimeMs).toBeGreaterThanOrEqual(0);
      await client.signal(String(deaf), 'SIGKILL');
      expect(await long).toMatchObject({ task: { state: 'killed' } });
    } finally {
      await daemon[Symbol.asyncDispose]();
    }

    // The next daemon has the clock as it is by then, and knows how long a task has run by another one.
    await using _ = await serveInProcess(home, { clock: clock.now });
    await using client = await connectTo(home, { start: false });
    const [timed] = await client.list();
    expect(timed).toMatchObject({ id: 1, state: 'running' });
    await client.rename('1', 'still');
    await client.wait([String((await client.run({ command: ['true'], environment })).id)]);
    expect(home.events({ type: 'SignalRequested', task: 1 })).toEqual([]);
    expect(isAlive(timed?.pid ?? 0)).toBe(true);
    expect(await home.ok(['audit', '--verify'])).toContain('all hold');
    expect(journalFaults(home)).toEqual([]);
  });
});

test('a machine that slept for a night: its tasks are the same, those that sleep on are not stopped, and all goes on', async () => {
  await using home = new GhostHome();
  const clock = new SettableClock();
  const real = linuxProcessTable();
  let sleptMs = 0;
  // The time of day and the time since boot go on meanwhile, the one that timers are of does not: time_namespaces(7).
  const processes = {
    ...real,
    ticksAt: (ageMs: number) => real.ticksAt(ageMs - sleptMs),
    ageMs: (identity: Parameters<typeof real.ageMs>[0]) => real.ageMs(identity) + sleptMs,
  };
  await using _ = await serveInProcess(home, { clock: clock.now, processes });
  await using client = await connectTo(home, { start: false });
  const { id: timed } = await client.run({ command: ['sleep', '600'], environment, timeoutMs: hourMs });
  const { id: chatty } = await client.run({
    command: [
      'sh',
      '-c',
      'echo before; while [ ! -e "$0" ]; do sleep 0.05; done; echo after; exit 5',
      `${home.work}/gate`,
    ],
    environment,
  });
  const follower = home.begin(['log', '-f', String(chatty)]);
  await until('it follows', () => follower.stdout() === 'before\n');
  sleptMs = 8 * hourMs;
  clock.offsetMs = sleptMs;
  await client.rename(String(timed), 'awake');
  await client.wait([String((await client.run({ command: ['touch', `${home.work}/gate`], environment })).id)]);
  expect(await follower.ended).toMatchObject({ status: 0, stdout: 'before\nafter\n' });
  expect(await home.ended(chatty)).toMatchObject({ exitCode: 5 });
  expect(await home.task(timed)).toMatchObject({ state: 'running' });
  expect(home.events({ type: 'SignalRequested' })).toEqual([]);
  expect(await home.ghost(['stop', String(timed)])).toMatchObject({ status: 0 });
  expect(journalFaults(home)).toEqual([]);
});

test('a stop that was promised before the clock was set back is kept in its time by the next daemon', async () => {
  await using home = new GhostHome();
  const clock = new SettableClock();
  const first = await serveInProcess(home, { clock: clock.now });
  {
    await using client = await connectTo(home, { start: false });
    const { id } = await client.run({ command: obstinate, environment });
    await until('it listens', async () => (await home.ok(['log', String(id)])) === 'here');
    const stopping = client.stop(String(id), { graceMs: 1_000 }).catch((error: unknown) => error);
    await until('it was asked to end', () => home.events({ type: 'SignalSent' }).length === 1);
    await first[Symbol.asyncDispose]();
    await stopping;
  }
  clock.offsetMs = -dayMs;
  await using _ = await serveInProcess(home, { clock: clock.now });
  expect(await home.ended(1)).toMatchObject({ state: 'killed', signal: 'SIGKILL' });
});
