import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { crashPoints } from '../../src/crash-point.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { allComplete, complaintsAbout } from '../support/ledger-check.ts';
import { armDaemon, connectTo, runLedgerTask } from '../support/ledger-client.ts';
import { Ledger, type LedgerTask } from '../support/ledger.ts';
import { allPids } from '../support/process-stat.ts';
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
  const spool = await killIdlePump(home, { id, task });
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
  const spool = await killIdlePump(home, { id, task });
  await until('the daemon has died over it', () => armed !== null && !isAlive(armed));
  await until('the new pump has said who it is', () =>
    /^\d+$/m.test(readFileSync(join(spool, 'stdout.pump'), 'latin1')),
  );
  await client.ping();
  // A second task whose pump is put back as well: by then the first one's was looked at.
  const other = ledger.task('roused');
  const second = String(await runLedgerTask(client, home, other));
  await killIdlePump(home, { id: second, task: other });
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

/** A task that writes and ends with 5 when it is let, no daemon, and a process that leads a session, as each task does. */
async function withStranger(home: GhostHome) {
  const gate = join(home.work, 'gate');
  const id = await home.run(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo out; exit 5`]);
  const spool = join(home.path, 'tasks', String(id), 'spool');
  await home.killDaemon();
  const stranger = spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: home.env });
  const restarted = (stream: string): number =>
    home.events({ type: 'PumpRestarted' }).filter(({ data }) => data['stream'] === stream).length;
  return {
    spool,
    stranger: stranger.pid ?? 0,
    letGo: () => writeFileSync(gate, ''),
    /** Waits for it, and gives the pid of the one that reads now. */
    putBack: async (stream: string, { times }: { times: number }): Promise<number | undefined> => {
      await until('it is put back', () => restarted(stream) === times && pumpsOf(spool, stream).length > 0);
      expect(pumpsOf(spool, stream)).toHaveLength(1);
      return pumpsOf(spool, stream)[0];
    },
    /** What the shim noted of its pumps, as it reads where their pids are others' by now. */
    takePids: ({ streams }: { streams: number }) => {
      const status = join(spool, 'status.1');
      const text = readFileSync(status, 'latin1');
      const pids = /^pumps (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
      const taken = pids.map((pid, index) => (index < streams ? stranger.pid : pid)).join(' ');
      writeFileSync(status, text.replace(/^pumps .*$/m, `pumps ${taken}`));
    },
    /** Waits until its log is closed, and gives what is known of it then. */
    closed: async () => {
      await until('its log is closed', () => home.events({ type: 'LogClosed' }).length === 1);
      const { exitCode } = await home.task(id);
      return { exitCode, log: await home.ok(['log', String(id)]), faults: journalFaults(home) };
    },
    [Symbol.dispose]: () => {
      stranger.kill('SIGKILL');
    },
  };
}

const whole = { exitCode: 5, log: 'out', faults: [] };

test.concurrent('a pump that is gone is put back although its pid is that of another by now', async () => {
  await using home = new GhostHome();
  using task = await withStranger(home);
  killPump(task.spool);
  task.takePids({ streams: 1 });
  await home.ok(['list']);
  await task.putBack('stdout', { times: 1 });
  task.letGo();
  expect(await task.closed()).toEqual(whole);
  expect(isAlive(task.stranger)).toBe(true);
});

test.concurrent('a log is closed although the pids of its pumps are those of others by now', async () => {
  await using home = new GhostHome();
  using task = await withStranger(home);
  task.letGo();
  await until('it is noted', () => readFileSync(join(task.spool, 'status.1'), 'latin1').includes('exit 5'));
  task.takePids({ streams: 2 });
  await home.ok(['list']);
  expect(await task.closed()).toEqual(whole);
  expect(isAlive(task.stranger)).toBe(true);
});

test.concurrent('of pumps that a daemon put in the next one knows those that live, though an older ghost did, and no other', async () => {
  await using home = new GhostHome();
  using task = await withStranger(home);
  const { spool } = task;
  killPump(spool, 'stdout');
  killPump(spool, 'stderr');
  await home.ok(['list']);
  const living = await task.putBack('stdout', { times: 1 });
  await task.putBack('stderr', { times: 1 });
  const note = (stream: string): string => join(spool, `${stream}.pump`);
  const [pid, startTime] = readFileSync(note('stderr'), 'latin1').split('\n');
  expect([Number(pid), startTime]).toEqual([pumpsOf(spool, 'stderr')[0], expect.stringMatching(/^\d+$/)]);

  await home.killDaemon();
  // As an older ghost had it noted.
  writeFileSync(note('stdout'), `${living}\n`);
  killPump(spool, 'stderr');
  writeFileSync(note('stderr'), `${task.stranger}\n${startTime}\n`);
  await home.ok(['list']);
  await task.putBack('stderr', { times: 2 });
  expect(await task.putBack('stdout', { times: 1 })).toBe(living);
  task.letGo();
  expect(await task.closed()).toEqual(whole);
  expect(isAlive(task.stranger)).toBe(true);
});

test.concurrent('a shim waits for no stranger that has the pid of its pump by now, and reads the rest itself', async () => {
  await using home = new GhostHome();
  using task = await withStranger(home);
  const { spool } = task;
  killPump(spool);
  await home.ok(['list']);
  await task.putBack('stdout', { times: 1 });
  await home.killDaemon();
  killPump(spool);
  const note = join(spool, 'stdout.pump');
  const [, startTime] = readFileSync(note, 'latin1').split('\n');
  writeFileSync(note, `${task.stranger}\n${startTime}\n`);
  task.letGo();
  await until('the shim has read the rest', () => existsSync(join(spool, 'stdout.again')));
  expect(isAlive(task.stranger)).toBe(true);
  await home.ok(['list']);
  expect(await task.closed()).toEqual(whole);
});

/** Kills the pump of a task's stdout when it has nothing in hand. @returns the spool's folder. */
async function killIdlePump(
  home: GhostHome,
  { id, task }: { readonly id: string; readonly task: LedgerTask },
): Promise<string> {
  const spool = join(home.path, 'tasks', id, 'spool');
  await until('its word is in the spool', () => readFileSync(join(spool, 'stdout'), 'utf8') === `${task.key} waits\n`);
  killPump(spool);
  return spool;
}

function killPump(spool: string, stream = 'stdout'): void {
  for (const pid of pumpsOf(spool, stream)) process.kill(pid, 'SIGKILL');
}

/** The processes that read a stream of a task's: one that a daemon put in has an empty environment, and no mark of the test. */
function pumpsOf(spool: string, stream = 'stdout'): readonly number[] {
  return allPids().filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/comm`, 'latin1') === 'cat\n' &&
        readlinkSync(`/proc/${pid}/fd/0`) === join(spool, `${stream}.fifo`)
      );
    } catch {
      // Ended in between.
      return false;
    }
  });
}
