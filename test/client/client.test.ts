import { describe, expect, it } from 'vitest';

import { callerUmask } from '../../src/client/caller.ts';
import { fruitlessAttemptsMax } from '../../src/client/session.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { JournalEvent, SequenceNumber } from '../../src/journal/events.ts';
import type { LogChunk } from '../../src/protocol/answers.ts';
import type { ParametersOf } from '../../src/protocol/messages.ts';
import { detailOf } from '../cli/fake-client.ts';
import { codeOf, fakeStatus, fakeTask, gate, listed, readAll } from '../protocol/served.ts';
import { DaemonRig, never } from './daemon-rig.ts';

describe('the client', () => {
  it('starts a daemon where there is none, once', async () => {
    await using rig = new DaemonRig();
    const first = await rig.connect();
    await first.ping();
    const second = await rig.connect();
    await second.ping();
    expect(rig.starts).toBe(1);
  });

  it('says that there is none where it is to start none', async () => {
    await using rig = new DaemonRig();
    await expect(rig.connect({ start: false })).rejects.toMatchObject({ code: 'daemon-not-running' });
    expect(rig.starts).toBe(0);
  });

  it('sends what the caller has when a run leaves it out', async () => {
    const requests: ParametersOf<'run'>[] = [];
    await using rig = new DaemonRig(() => ({
      run: async (request) => {
        requests.push(request);
        return fakeTask(1);
      },
    }));
    const client = await rig.connect();
    await client.run({ command: ['true'] });
    await client.run({
      command: ['true'],
      cwd: '/',
      environment: [['A', '1']],
      umask: 0o77,
      name: 'n',
      tags: ['t'],
      timeoutMs: 5,
    });
    const [bare, full] = requests;
    expect(bare).toMatchObject({ cwd: process.cwd(), umask: callerUmask(), name: null, tags: [], timeoutMs: null });
    expect(Object.fromEntries(bare?.environment ?? [])).toMatchObject({ PATH: process.env['PATH'] });
    expect(full).toMatchObject({
      cwd: '/',
      environment: [['A', '1']],
      umask: 0o77,
      name: 'n',
      tags: ['t'],
      timeoutMs: 5,
    });
    expect(bare?.requestId).not.toBe(full?.requestId);
  });

  it('asks again with the same id when the daemon is lost before it has answered', async () => {
    const ids: string[] = [];
    const once =
      (generation: number, rig: DaemonRig) =>
      async ({ requestId }: { requestId: string }, { signal }: { signal: AbortSignal }) => {
        ids.push(requestId);
        if (generation % 2 === 0) return { task: fakeTask(1), signals: [], descendantsAlive: 0 };
        return await rig.killUnanswered(signal);
      };
    await using rig = new DaemonRig((generation, self) => {
      const answer = once(generation, self);
      return {
        run: async (parameters, context) => (await answer(parameters, context)).task,
        restart: async (parameters, context) => (await answer(parameters, context)).task,
        stop: answer,
        signal: answer,
      };
    });
    const asks = [
      async () => await (await rig.connect()).run({ command: ['true'] }),
      async () => await (await rig.connect()).restart('1'),
      async () => await (await rig.connect()).stop('1'),
      async () => await (await rig.connect()).signal('1', 'SIGHUP'),
    ];
    for (const ask of asks) {
      await ask();
      await rig.kill();
    }
    expect(rig.starts).toBe(8);
    const [pairs, others] = [ids.filter((_id, index) => index % 2 === 0), ids.filter((_id, index) => index % 2 === 1)];
    expect(pairs).toEqual(others);
    expect(new Set(ids).size).toBe(4);
  });

  it('asks again when the daemon says that it is about to end', async () => {
    await using rig = new DaemonRig((generation, self) => ({
      list: async () => {
        if (generation > 1) return listed([fakeTask(1)]);
        void self.kill();
        throw new GhostError('daemon-stopping', 'the daemon is ending');
      },
    }));
    expect(await (await rig.connect()).list()).toEqual([fakeTask(1)]);
    expect(rig.starts).toBe(2);
  });

  it('gives up with a clear error when every daemon is lost over the same request', async () => {
    /** Daemons of which the first so many are lost over it. */
    const losing = (lost: number): DaemonRig =>
      new DaemonRig((generation, self) => ({
        list: async (_parameters, { signal }) => {
          if (generation > lost) return listed([fakeTask(1)]);
          return await self.killUnanswered(signal);
        },
      }));
    await using almost = losing(fruitlessAttemptsMax - 1);
    expect(await (await almost.connect()).list()).toEqual([fakeTask(1)]);
    expect(almost.starts).toBe(fruitlessAttemptsMax);
    await using always = losing(fruitlessAttemptsMax);
    await expect((await always.connect()).list()).rejects.toMatchObject({
      code: 'daemon-unreachable',
      message: expect.stringContaining(`${fruitlessAttemptsMax} times`),
    });
    expect(always.starts).toBe(fruitlessAttemptsMax);
  });

  it('gives up where each daemon that is started is gone before it can be reached', async () => {
    for (const [gone, came] of [
      [fruitlessAttemptsMax - 1, 'reached'],
      [fruitlessAttemptsMax, 'daemon-unreachable'],
    ] as const) {
      await using rig = new DaemonRig();
      let starts = 0;
      const connecting = rig.connect({
        startDaemon: async () => {
          starts += 1;
          if (starts > gone) await rig.start();
        },
      });
      expect(await connecting.then(() => 'reached', codeOf)).toBe(came);
      expect(starts).toBe(fruitlessAttemptsMax);
    }
  });

  it('does not ask again what was refused', async () => {
    let asked = 0;
    await using rig = new DaemonRig(() => ({
      show: async () => {
        asked++;
        throw new GhostError('no-such-task', 'there is no task 9');
      },
    }));
    await expect((await rig.connect()).show('9')).rejects.toMatchObject({ code: 'no-such-task' });
    expect(asked).toBe(1);
  });

  it('when closed rejects what is under way, and connects no more', async () => {
    const asked = gate();
    await using rig = new DaemonRig(() => ({
      wait: async (_parameters, { signal }) => {
        asked.open();
        return await never(signal);
      },
    }));
    const client = await rig.connect();
    const waiting = client.wait(['1']).catch(codeOf);
    await asked.opened;
    await client.close();
    expect(await waiting).toBe('connection-lost');
    await expect(client.ping()).rejects.toMatchObject({ code: 'connection-lost' });
    expect(rig.starts).toBe(1);
  });
});

it('a prune of no tasks names none, whatever runs', async () => {
  const asked: (readonly string[] | null)[] = [];
  await using rig = new DaemonRig(() => ({
    list: async () => listed([fakeTask(1)]),
    prune: async ({ tasks }) => {
      asked.push(tasks);
      throw new GhostError('invalid-request', 'enough');
    },
  }));
  const client = await rig.connect();
  await expect(client.prune({ tasks: [] })).rejects.toThrow('enough');
  expect(asked).toEqual([[]]);
});

describe('a wait', () => {
  it('that loses the daemon goes on with the time that remains', async () => {
    const limits: (number | null)[] = [];
    await using rig = new DaemonRig((generation, self) => ({
      wait: async ({ timeoutMs }, { signal }) => {
        limits.push(timeoutMs);
        if (generation === 2) return [fakeTask(4)];
        return await self.killUnanswered(signal);
      },
    }));
    expect(await (await rig.connect()).wait(['4'], { timeoutMs: 60_000 })).toEqual([fakeTask(4)]);
    const [first, second] = limits;
    expect(first).toBeLessThanOrEqual(60_000);
    expect(second).toBeLessThan(first ?? 0);
  });

  it('for all that run asks for all of them, however many pages they fill', async () => {
    const asked: (readonly string[])[] = [];
    await using rig = new DaemonRig(() => ({
      list: async ({ states, after }) => {
        expect(states).toEqual(['running']);
        return after === 0 ? { tasks: [fakeTask(1), fakeTask(2)], next: 2 } : { tasks: [fakeTask(3)], next: null };
      },
      wait: async ({ tasks }) => {
        asked.push(tasks);
        return [];
      },
    }));
    await (await rig.connect()).wait([]);
    expect(asked).toEqual([['1', '2', '3']]);
  });

  it('for a name goes on for the task that bore it, whoever bears it by then', async () => {
    const asked: (readonly string[])[] = [];
    await using rig = new DaemonRig((generation, self) => ({
      show: async () => detailOf(fakeTask(generation)),
      wait: async ({ tasks }, { signal }) => {
        asked.push(tasks);
        if (generation === 2) return [fakeTask(1)];
        return await self.killUnanswered(signal);
      },
    }));
    await (await rig.connect()).wait(['@last']);
    expect(asked).toEqual([['1'], ['1']]);
  });

  it('for all that run is for those that run when it begins', async () => {
    const asked: (readonly string[])[] = [];
    await using rig = new DaemonRig((generation, self) => ({
      list: async ({ states }) => {
        expect(states).toEqual(['running']);
        return listed(generation === 1 ? [fakeTask(3), fakeTask(5)] : []);
      },
      wait: async ({ tasks }, { signal }) => {
        asked.push(tasks);
        if (generation === 2) return [];
        return await self.killUnanswered(signal);
      },
    }));
    await (await rig.connect()).wait([]);
    expect(asked).toEqual([
      ['3', '5'],
      ['3', '5'],
    ]);
  });
});

describe('a log', () => {
  it('goes on exactly where it was through any number of daemons', async () => {
    const asked: unknown[] = [];
    await using rig = new DaemonRig((_generation, self) => ({
      async *log({ cursor, lines }, { signal }) {
        asked.push({ cursor, lines });
        const from = cursor?.stdout ?? 0;
        for (let index = from; index < 40; index++) {
          if (index === from + 15) {
            await self.killUnanswered(signal);
          }
          yield chunk(index);
        }
        return { task: fakeTask(1), reason: 'complete', cursor: { stdout: 40, stderr: 0 } };
      },
    }));
    const { items, result } = await readAll((await rig.connect()).log('1', { follow: true, lines: 100 }));
    expect(items.map(({ cursor }) => cursor.stdout)).toEqual(Array.from({ length: 40 }, (_value, index) => index + 1));
    expect(result).toMatchObject({ reason: 'complete', cursor: { stdout: 40 } });
    expect(rig.starts).toBeGreaterThan(2);
    expect(asked[0]).toEqual({ cursor: null, lines: 100 });
    for (const later of asked.slice(1)) expect(later).toMatchObject({ cursor: expect.anything(), lines: null });
  });

  it('that is left early is cancelled', async () => {
    const closed = gate();
    let made = 0;
    await using rig = new DaemonRig(() => ({
      async *log() {
        try {
          for (;;) yield chunk(made++);
        } finally {
          closed.open();
        }
      },
    }));
    for await (const item of (await rig.connect()).log('1')) if (item.cursor.stdout === 3) break;
    await closed.opened;
    expect(made).toBeLessThan(20);
  });
});

describe('a watch', () => {
  it('gives every event once and in order through any number of daemons', async () => {
    await using rig = new DaemonRig((_generation, self) => ({
      async *watch({ after }, { signal }) {
        const first = (after ?? 0) + 1;
        yield [event(first), event(first + 1)];
        yield [event(first + 2)];
        return await self.killUnanswered(signal);
      },
    }));
    const read: number[] = [];
    for await (const { seq } of (await rig.connect()).watch({ after: 0 })) {
      read.push(seq);
      if (read.length === 20) break;
    }
    expect(read).toEqual(Array.from({ length: 20 }, (_value, index) => index + 1));
  });

  it('of what is to come begins at the end, and keeps to it when the daemon is lost before the first event', async () => {
    const asked: (number | null)[] = [];
    await using rig = new DaemonRig((generation, self) => ({
      status: async () => ({ ...fakeStatus, events: 7 * generation }),
      async *watch({ after }, { signal }) {
        asked.push(after);
        if (generation === 2) yield [event(8)];
        return await self.killUnanswered(signal);
      },
    }));
    for await (const { seq } of (await rig.connect()).watch()) {
      expect(seq).toBe(8);
      break;
    }
    expect(asked).toEqual([7, 7]);
  });
});

describe('a shutdown', () => {
  it('gives what the daemon says', async () => {
    const said = { pid: process.pid, tasksRunning: 3, tasksStopped: 0 };
    await using rig = new DaemonRig((_generation, self) => ({
      shutdown: async () => {
        void self.kill();
        return said;
      },
    }));
    expect(await (await rig.connect()).shutdown()).toEqual(said);
    expect(rig.starts).toBe(1);
  });

  it('that loses the daemon is done when none answers any more, and starts none for it', async () => {
    await using rig = new DaemonRig((_generation, self) => ({
      shutdown: async (_parameters, { signal }) => await self.killUnanswered(signal),
    }));
    const client = await rig.connect();
    expect(await client.shutdown()).toEqual({ pid: process.pid, tasksRunning: 2, tasksStopped: 0 });
    expect(rig.starts).toBe(1);
  });

  it('that was to stop the tasks is not called done when nobody said so', async () => {
    await using rig = new DaemonRig((_generation, self) => ({
      shutdown: async (_parameters, { signal }) => await self.killUnanswered(signal),
    }));
    const client = await rig.connect();
    await expect(client.shutdown({ stopTasks: true })).rejects.toMatchObject({
      code: 'connection-lost',
      hint: 'ghost list',
    });
  });
});

function chunk(index: number): LogChunk {
  return {
    stream: 'stdout',
    at: null,
    data: Buffer.from('x'),
    missing: null,
    cursor: { stdout: index + 1, stderr: 0 },
  };
}

function event(seq: number): JournalEvent {
  return {
    type: 'PeerRefused',
    task: null,
    actor: { kind: 'daemon', uid: null, pid: null, client: 'test', terminal: null, commandLine: null },
    data: { uid: 1, pid: 1 },
    seq: seq as SequenceNumber,
    at: 0 as JournalEvent['at'],
    hash: '',
  };
}
