import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { reserveBytes } from '../../src/daemon/reserve.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { procNumber, statOf } from '../support/process-stat.ts';
import { shimOf } from '../support/shim-of.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const mebibyte = 2 ** 20;

/**
 * A home on a small disk of which somebody else has taken all but 20 MiB, with no limit that would keep ghost itself
 * from filling the rest. What must work while nothing can be written there lies in `gates`, on another one.
 */
class CrampedHome implements AsyncDisposable {
  readonly disk = new SmallDisk({ mebibytes: 64 });
  readonly home: GhostHome;
  readonly gates = mkdtempSync(join(tmpdir(), 'gates-'));

  constructor(more: { readonly segmentSize?: string } = {}) {
    const settings = join(this.gates, 'config.json');
    writeFileSync(settings, JSON.stringify({ logs: { maxTotal: '100%', keepFree: '0', ...more } }));
    this.home = new GhostHome({ within: this.disk.path, env: { GHOST_CONFIG: settings } });
  }

  /** Starts the daemon, waits until its reserve is there, and leaves 20 MiB. */
  async begin(): Promise<void> {
    await this.home.ok(['list']);
    await until('the reserve is there', () => this.disk.freeBytes <= 64 * mebibyte - reserveBytes);
    this.disk.fillUntil({ freeBytes: 20 * mebibyte });
  }

  /** Starts a task that waits until `open` is called with its name, then does what it is told. */
  async gated(name: string, then: string): Promise<number> {
    const gate = join(this.gates, name);
    return this.home.run(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; ${then}`]);
  }

  open(name: string): void {
    writeFileSync(join(this.gates, name), '');
  }

  async fillUp(): Promise<void> {
    await until('the disk is full', () => {
      this.disk.fillUntil({ freeBytes: 0 });
      return this.disk.freeBytes === 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
    await this.disk[Symbol.asyncDispose]();
    rmSync(this.gates, { recursive: true });
  }
}

test('what could not be compressed for want of room is, once there is room, though nothing else happens', async () => {
  await using cramped = new CrampedHome({ segmentSize: '32MiB' });
  const { home, disk } = cramped;
  await cramped.begin();
  await home.complete(['head', '-c', '3000000', '/dev/zero']);
  expect(home.events({ type: 'LogSegmentSealed' })).toEqual([]);
  disk.empty();
  await until('it is compressed', () => home.events({ type: 'LogSegmentSealed' }).length === 1);
});

describe('on a full disk', () => {
  test('exits are recorded, a run is refused in a sentence, and with room all goes on by itself', async () => {
    await using cramped = new CrampedHome();
    const { home, disk } = cramped;
    await cramped.begin();
    const five = await cramped.gated('five', 'exit 5');
    const others: number[] = [];
    for (let count = 0; count < 8; count += 1) others.push(await cramped.gated('others', `exit ${10 + count}`));
    const lasting = await home.run(['sleep', '600']);
    const daemon = home.daemonPid();
    await cramped.fillUp();

    cramped.open('five');
    expect(await home.ended(five)).toMatchObject({ state: 'failed', exitCode: 5 });
    const refused = await home.ghost(['run', 'true']);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^ghost: the disk is full: \d MiB are left where .* lies, too little to start anything; what runs goes on\n/,
    );
    expect(home.events({ type: 'TaskSubmitted' })).toHaveLength(10);

    // Whatever room the reserve gives, somebody else takes it.
    await cramped.fillUp();
    cramped.open('others');
    for (const [count, id] of others.entries()) expect(await home.ended(id)).toMatchObject({ exitCode: 10 + count });
    expect(await home.task(lasting)).toMatchObject({ state: 'running' });
    expect(home.daemonPid()).toBe(daemon);

    disk.empty();
    await until('tasks are started again', async () => (await home.ghost(['run', 'true'])).status === 0);
    await until('the reserve is there again', () => readFileSync(join(home.path, 'reserve')).length === reserveBytes);
    expect(home.daemonPid()).toBe(daemon);
    expect(await home.task(lasting)).toMatchObject({ state: 'running' });
    expect(journalFaults(home)).toEqual([]);
  });

  test('tasks that fill it wait, are not ended, and go on when there is room; what was lost is an event', async () => {
    await using cramped = new CrampedHome();
    const { home, disk } = cramped;
    await cramped.begin();
    const pids: number[] = [];
    const tasks: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const id = await cramped.gated('flood', 'head -c 9000000 /dev/urandom; exit 6');
      tasks.push(id);
      pids.push((await home.task(id)).pid ?? 0);
    }
    cramped.open('flood');
    // When the last pump ends the reserve may have been given back already.
    await until('the disk is full', () => disk.freeBytes < reserveBytes + mebibyte);
    const daemon = home.daemonPid();
    await until('a run is refused', async () => (await home.ghost(['run', 'true'])).status === 1);
    const waiting = pids.filter((pid) => isAlive(pid));
    expect(waiting.length).toBeGreaterThan(0);

    disk.empty();
    for (const id of tasks) expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 6, signal: null });
    expect(home.daemonPid()).toBe(daemon);
    await until('their logs are complete', () => home.events({ type: 'LogClosed' }).length === tasks.length);
    const lost = home
      .events({ type: 'LogClosed' })
      .map(({ task, data }) => ({ task, lost: 9_000_000 - Number(data['stdoutBytes']) }));
    const told = new Set(home.events({ type: 'PumpRestarted' }).map(({ task }) => task));
    // A pump holds 128 KiB at the most, and of a flood that waits it was put back once.
    for (const { task, lost: bytes } of lost) {
      expect(bytes, `of task ${task}`).toBeLessThanOrEqual(told.has(task) ? 131_072 : 0);
    }
    expect(told.size).toBeGreaterThan(0);
    expect(journalFaults(home)).toEqual([]);
  });

  test('a daemon that was killed is started again, and knows what ended meanwhile', async () => {
    await using cramped = new CrampedHome();
    const { home, disk } = cramped;
    await cramped.begin();
    const three = await cramped.gated('three', 'exit 3');
    const lasting = await home.run(['sleep', '600']);
    const { shim } = shimOf(home, three);
    await home.killDaemon();
    disk.fillUntil({ freeBytes: 0 });
    cramped.open('three');
    await until('the task has ended without a daemon, and that is written down', () => !isAlive(shim));
    expect(await home.task(three)).toMatchObject({ state: 'failed', exitCode: 3 });
    expect(await home.task(lasting)).toMatchObject({ state: 'running' });
    expect(home.events({ type: 'TaskExited' })[0]?.data).toMatchObject({ observed: 'found' });
    expect(await home.ghost(['run', 'true'])).toMatchObject({ status: 1 });
    disk.empty();
    await until('tasks are started again', async () => (await home.ghost(['run', 'true'])).status === 0);
    expect(journalFaults(home)).toEqual([]);
  });

  test('the daemon does not spend its time on what cannot be done', async () => {
    await using cramped = new CrampedHome();
    const { home } = cramped;
    await cramped.begin();
    for (let count = 0; count < 5; count += 1) {
      await cramped.gated('flood', 'head -c 9000000 /dev/urandom; exec sleep 600');
    }
    cramped.open('flood');
    await until('the disk is full', () => cramped.disk.freeBytes < mebibyte);
    await until('a run is refused', async () => (await home.ghost(['run', 'true'])).status === 1);
    const daemon = await until('the daemon', () => home.daemonPid());
    const { ticks, wakeUps } = effortOf(daemon);
    expect(await home.ghost(['wait', '--timeout', '6s', '1'])).toMatchObject({ status: 124 });
    const after = effortOf(daemon);
    // Measured: 1 and 30. One that spins uses 600; one that polls its tasks' spools wakes up 900 times.
    expect(after.ticks - ticks).toBeLessThan(100);
    expect(after.wakeUps - wakeUps).toBeLessThan(400);
  });
});

/** The processor time that a process has used, in ticks, and how often its main thread has waited: proc(5). */
function effortOf(pid: number): { readonly ticks: number; readonly wakeUps: number } {
  return { ticks: statOf(pid).ticks, wakeUps: procNumber(`${pid}/status`, 'voluntary_ctxt_switches') };
}
