import { setTimeout as delay } from 'node:timers/promises';

import { type Figure, timed } from '../figure.ts';
import { against, alone, atMost } from '../rows.ts';
import { startMany } from '../support/many.ts';
import { figuresOf, membersOfSession, proportionalKibibytes, shareOfCore } from '../support/process-figures.ts';

const idleSeconds = 10;
const runningTasks = 1_000;
const chattyTasks = 200;
const pings = 300;

/** What the daemon takes while it has nothing to do, much to look after, and much to hear. */
export const figures: readonly Figure[] = [
  {
    name: 'idle',
    what: 'the idle daemon: memory, processor time and wake-ups in 10 s',
    measure: async (stage) => {
      const home = stage.home();
      await home.ghost(['run', 'true']);
      // The file system's word of the task's last files, and V8's work after the start.
      await delay(5_000);
      const pid = home.daemonPid();
      const before = figuresOf(pid);
      await delay(idleSeconds * 1_000);
      const after = figuresOf(pid);
      return [
        alone('idle daemon, resident', [after.residentMegabytes], { unit: 'MB', bar: atMost('median', 70) }),
        alone('its memory, what it shares by its share', [(proportionalKibibytes(pid) * 1024) / 1e6], { unit: 'MB' }),
        alone(`its processor time in ${idleSeconds} s`, [after.cpuMs - before.cpuMs], {
          unit: 'ms',
          bar: atMost('median', 10),
        }),
        alone(`its wake-ups in ${idleSeconds} s`, [after.wakeUps - before.wakeUps], {
          unit: 'count',
          bar: atMost('median', 0),
        }),
      ];
    },
  },
  {
    name: 'thousand',
    what: '1,000 tasks that run and do nothing: what each takes in the daemon and in its shim',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const request = home.task(['sleep', '100000']);
      // What the first tasks cost once (code that is compiled, buffers) is not what each costs.
      await startMany(client, { count: 100, request });
      const pid = home.daemonPid();
      const before = figuresOf(pid);
      const [task] = await startMany(client, { count: runningTasks, request });
      const after = figuresOf(pid);
      await delay(idleSeconds * 1_000);
      const later = figuresOf(pid);
      const each = ((later.residentMegabytes - before.residentMegabytes) * 1e6) / 1024 / runningTasks;
      const shim = task === undefined ? null : (await client.show(String(task.id))).shimPid;
      const members = shim === null ? [] : membersOfSession(shim);
      const shimKibibytes = members.map(proportionalKibibytes).reduce((sum, own) => sum + own, 0);
      return [
        alone(`a running idle task in the daemon, of ${runningTasks}`, [each], {
          unit: 'KiB',
          bar: atMost('median', 60),
        }),
        alone('its shim and pumps, proportional', [shimKibibytes], { unit: 'KiB' }),
        alone(`processor time with them in ${idleSeconds} s`, [later.cpuMs - after.cpuMs], { unit: 'ms' }),
      ];
    },
  },
  {
    name: 'chatty',
    what: '200 tasks that write a line ten times a second: how long a request waits, and the processor',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      await client.ping();
      const quiet = await waits(() => client.ping());
      const script = 'while :; do echo a line of output; sleep 0.1; done';
      await startMany(client, { count: chattyTasks, request: home.task(['sh', '-c', script]) });
      const pid = home.daemonPid();
      const { percent, gave: busy } = await shareOfCore(pid, () => waits(() => client.ping()));
      return [
        against(`a ping beside ${chattyTasks} chatty tasks`, busy, {
          name: 'a ping beside none',
          values: quiet,
          ratioMost: null,
        }),
        alone('the daemon, of one core', [percent], { unit: '%' }),
      ];
    },
  },
  {
    name: 'flood',
    what: 'a task that writes 256 MiB as fast as it can: processor time of the daemon a MiB, a ping meanwhile, memory',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const mebibytes = 256;
      const script = `head -c ${mebibytes}M /dev/zero | tr '\\\\0' x`;
      const pid = home.daemonPid();
      const before = figuresOf(pid);
      const task = await client.run(home.task(['sh', '-c', script]));
      const ended = client.wait([String(task.id)]);
      const meanwhile: number[] = [];
      for (let over = false; !over; over = await Promise.race([ended.then(() => true), delay(2, false)])) {
        meanwhile.push(await timed(() => client.ping()));
      }
      const after = figuresOf(pid);
      return [
        alone('a flood, the daemon', [(after.cpuMs - before.cpuMs) / mebibytes], { unit: 'CPU ms/MiB' }),
        alone('a ping beside it', meanwhile, { unit: 'ms' }),
        alone('memory that it added', [after.residentMegabytes - before.residentMegabytes], { unit: 'MB' }),
      ];
    },
  },
];

async function waits(ask: () => Promise<unknown>): Promise<readonly number[]> {
  const values: number[] = [];
  for (let ping = 0; ping < pings; ping += 1) {
    values.push(await timed(ask));
    await delay(5);
  }
  return values;
}
