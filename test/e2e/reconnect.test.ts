import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { OrderReader, OrderWriter } from '../../src/daemon/order-index.ts';
import { GhostHome, type UnderWay, isAlive } from '../support/ghost-home.ts';
import { connectTo, loseDaemonOver, runLedgerTask } from '../support/ledger-client.ts';
import { Ledger, type LedgerTask } from '../support/ledger.ts';
import { until } from '../support/until.ts';

const timesKilled = 4;

describe('a command that is under way while the daemon is killed again and again', () => {
  test('`wait` goes on, and ends with the status of the task', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('gated');
    const id = await home.run(task.command);
    const waiting = home.begin(['wait', String(id)]);
    await killInTheMidst(home, { of: waiting, progress: () => ledger.printed(task, 'stdout').length });
    ledger.open(task);
    expect(await waiting.ended).toMatchObject({ status: 5, signal: null });
    expect(home.events({ type: 'TaskExited', task: id })).toHaveLength(1);
  });

  test.for(['log -f', 'run -f'])('`%s` goes on where it was, without a gap or a repeat', async (command) => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('gated');
    const following = command === 'run -f' ? home.begin(['run', '-f', ...task.command]) : await logOf(home, task);
    await killInTheMidst(home, { of: following, progress: () => following.stdout().length });
    ledger.open(task);
    const { status, stdout, stderr } = await following.ended;
    expect(status).toBe(command === 'run -f' ? 5 : 0);
    expect(stdout).toBe(ledger.printed(task, 'stdout').toString());
    expect(stderr).toBe(ledger.printed(task, 'stderr').toString());
    expect(ledger.runs(task)).toBe(1);
  });

  test('the events of `watch` come without a gap or a repeat', async () => {
    await using home = new GhostHome();
    await using client = await connectTo(home);
    await using watcher = await connectTo(home);
    const seen: number[] = [];
    const watched = (async () => {
      for await (const { seq, type, task } of watcher.watch({ after: 0 })) {
        seen.push(seq);
        if (type === 'LogClosed' && task === timesKilled) return;
      }
    })();
    const ledger = new Ledger(home.work);
    for (let round = 1; round <= timesKilled; round += 1) {
      await runLedgerTask(client, home, ledger.task('quick'));
      if (round < timesKilled) await home.killDaemon();
    }
    await watched;
    expect(seen).toEqual(seen.map((_, index) => index + 1));
  });
});

describe('a log that is followed before its task runs', () => {
  test('is read from the index that is made later', async () => {
    await using home = new GhostHome();
    const path = join(home.work, 'order.idx');
    using reader = new OrderReader(path);
    expect(reader.count()).toBe(0);
    using writer = new OrderWriter(path);
    writer.note({ stdout: 5, stderr: 0 }, { at: null });
    expect(reader.at(0)).toEqual({ at: null, stdout: 5, stderr: 0 });
    expect(reader.count()).toBe(1);
  });

  test('shows what the task prints as soon as a new daemon has started it', async () => {
    await using home = new GhostHome();
    const ledger = new Ledger(home.work);
    const task = ledger.task('gated');
    await loseDaemonOver(home, { point: 'task.submitted', task });
    const following = home.begin(['log', '-f', '1']);
    // While the task runs, and not only when it has ended.
    await until('its output is seen', () => following.stdout().length > 100);
    ledger.open(task);
    expect(await following.ended).toMatchObject({ status: 0, stdout: ledger.printed(task, 'stdout').toString() });
  });
});

async function logOf(home: GhostHome, task: LedgerTask): Promise<UnderWay> {
  const id = await home.run(task.command);
  return home.begin(['log', '-f', String(id)]);
}

/** Kills the daemon, each time after the command has had something of it, and waits until the command has its next. */
async function killInTheMidst(
  home: GhostHome,
  { of, progress }: { of: UnderWay; progress: () => number },
): Promise<void> {
  for (let kills = 0; kills < timesKilled; kills += 1) {
    const before = progress();
    await until('it has gone on', () => progress() > before);
    const killed = await home.killDaemon();
    await until('the command has started another daemon', () => {
      if (of.child.exitCode !== null) throw new Error(`it has ended with ${of.child.exitCode}: ${of.stderr()}`);
      const pid = home.daemonPid();
      return pid !== null && pid !== killed && isAlive(pid);
    });
  }
}
