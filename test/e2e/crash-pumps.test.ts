import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { crashPoints } from '../../src/crash-point.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
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

/** A task that writes and ends with 5 when it is let, no daemon, and a process that leads a session, as each task does. */
async function withStranger(home: GhostHome) {
  const gate = join(home.work, 'gate');
  const id = await home.run(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo out; exit 5`]);
  const spool = join(home.path, 'tasks', String(id), 'spool');
  await home.killDaemon();
  const stranger = spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: home.env }).pid ?? 0;
  const restarted = (stream: string): number =>
    home.events({ type: 'PumpRestarted' }).filter(({ data }) => data['stream'] === stream).length;
  return {
    spool,
    stranger,
    letGo: () => writeFileSync(gate, ''),
    putBack: async ({ times }: { times: number }) => {
      await until('it is put back', () => restarted('stdout') === times);
      expect(pumpsOf(spool)).toHaveLength(1);
    },
    /** What the shim noted of its pumps, as it reads where their pids are others' by now. */
    takePids: ({ streams }: { streams: number }) => {
      const status = join(spool, 'status.1');
      const text = readFileSync(status, 'latin1');
      const pids = /^pumps (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
      const taken = pids.map((pid, index) => (index < streams ? stranger : pid)).join(' ');
      writeFileSync(status, text.replace(/^pumps .*$/m, `pumps ${taken}`));
    },
    closes: async () => {
      await until('its log is closed', () => home.events({ type: 'LogClosed' }).length === 1);
      expect(isAlive(stranger)).toBe(true);
      expect(await home.task(id)).toMatchObject({ exitCode: 5 });
      expect(await home.ok(['log', String(id)])).toBe('out');
      expect(journalFaults(home)).toEqual([]);
    },
  };
}

test.concurrent('a pump that is gone is put back although its pid is that of another by now', async () => {
  await using home = new GhostHome();
  const { spool, letGo, putBack, takePids, closes } = await withStranger(home);
  killPump(spool);
  takePids({ streams: 1 });
  await home.ok(['list']);
  await putBack({ times: 1 });
  letGo();
  await closes();
});

test.concurrent('a log is closed although the pids of its pumps are those of others by now', async () => {
  await using home = new GhostHome();
  const { spool, letGo, takePids, closes } = await withStranger(home);
  letGo();
  await until('its pumps are gone', () => pumpsOf(spool).length === 0);
  await until('it is noted', () => readFileSync(join(spool, 'status.1'), 'latin1').includes('exit 5'));
  takePids({ streams: 2 });
  await home.ok(['list']);
  await closes();
});

test.concurrent('the same of a pump that a daemon put in, and one that an older ghost put in is known again', async () => {
  await using home = new GhostHome();
  const { spool, stranger, letGo, putBack, closes } = await withStranger(home);
  const note = join(spool, 'stdout.pump');
  killPump(spool);
  await home.ok(['list']);
  await putBack({ times: 1 });
  const noted = readFileSync(note, 'latin1');
  expect(noted).toMatch(/^\d+\n\d+\n$/);

  await home.killDaemon();
  const [pid = '', startTime = ''] = noted.split('\n');
  writeFileSync(note, `${pid}\n`);
  killPump(spool, 'stderr');
  await home.ok(['list']);
  await until('the other is put back', () => home.events({ type: 'PumpRestarted' }).length === 2);
  expect(pumpsOf(spool)).toEqual([Number(pid)]);

  await home.killDaemon();
  killPump(spool);
  writeFileSync(note, `${stranger}\n${startTime}\n`);
  await home.ok(['list']);
  await putBack({ times: 2 });
  letGo();
  await closes();
});

function killPump(spool: string, stream = 'stdout'): void {
  for (const pid of pumpsOf(spool, stream)) process.kill(pid, 'SIGKILL');
}

/** The processes that read a stream of a task's: one that a daemon put in has an empty environment, and no mark of the test. */
function pumpsOf(spool: string, stream = 'stdout'): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
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
