import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { type Client, connect } from '../../src/client/library.ts';
import { procNumber } from '../../test/support/process-stat.ts';
import { root } from '../../test/support/source-files.ts';
import type { Figure, Stage } from '../figure.ts';
import { against, alone, atMost } from '../rows.ts';
import { type BenchHome, plainEnvironment } from '../support/bench-home.ts';

const mebibyte = 2 ** 20;
const followersMany = 10;
/** Prints the machine's monotonic clock, which all processes share, at moments that keep no step with anything. */
const clock =
  'let left = Number(process.argv[1]); const tell = () => { console.log(String(process.hrtime.bigint())); ' +
  'if (--left > 0) setTimeout(tell, 5 + Math.random() * 40); }; setTimeout(tell, 500);';

/** What it is like to read a log while it is written, and what that costs the daemon. */
export const figures: readonly Figure[] = [
  {
    name: 'log-follow',
    what: 'from the write of a line to the line out of ghost log -f',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const lines = stage.rounds(400);
      const task = await client.run({ command: [process.execPath, '-e', clock, String(lines)], environment: [] });
      const follower = home.begin(['log', '-f', String(task.id)]);
      const latencies: number[] = [];
      if (follower.stdout === null) throw new Error('it has a pipe');
      for await (const line of createInterface({ input: follower.stdout })) {
        latencies.push(Number(process.hrtime.bigint() - BigInt(line)) / 1e6);
      }
      // What was written before the follower was there tells of its start.
      const ghost = latencies.slice(10);
      return [
        alone('line written to line out of log -f', ghost, { unit: 'ms', bar: atMost('median', 10) }),
        alone('the same, the slowest of a hundred', ghost, { unit: 'ms', bar: atMost('p99', 50) }),
      ];
    },
  },
  {
    name: 'log-memory',
    what: 'the memory of the daemon with ten followers of one flood, against one',
    measure: async (stage) => {
      const values = { one: [] as number[], ten: [] as number[] };
      for (let round = 0; round < stage.rounds(3); round += 1) {
        values.one.push(await peakWithFollowers(stage, 1));
        values.ten.push(await peakWithFollowers(stage, followersMany));
      }
      return [
        against('daemon, ten followers of a flood', values.ten, {
          name: 'one follower',
          values: values.one,
          unit: 'MB',
          // Each has a chunk or two of its own on its way.
          ratioMost: 1.25,
        }),
      ];
    },
  },
  {
    name: 'log-loop',
    what: 'how long the event loop of the daemon is held up while a task floods and a reader reads',
    measure: async (stage) => {
      const delays: LoopDelays[] = [];
      for (let round = 0; round < stage.rounds(3); round += 1) delays.push(await loopDelay(stage));
      const own = delays.map((one) => one.own.p99);
      const longest = delays.map((one) => one.own.max);
      const all = delays.map((one) => one.clock.p99);
      return [
        alone('event loop held up by ghostd, p99', own, { unit: 'ms', bar: atMost('median', 20) }),
        alone('the longest', longest, { unit: 'ms' }),
        alone('by ghostd and whatever else ran, p99', all, { unit: 'ms', bar: atMost('median', 20) }),
      ];
    },
  },
];

/** The most memory that the daemon had while so many clients followed a task that prints 256 MiB as fast as it can. */
async function peakWithFollowers(stage: Stage, followers: number): Promise<number> {
  const home = stage.home();
  const client = await home.client();
  const { id } = await client.run({ command: ['sh', '-c', flood(256)], environment: [] });
  const reading = Array.from({ length: followers }, async () => {
    const follower = home.begin(['log', '-f', String(id)]);
    follower.stdout?.resume();
    await once(follower, 'exit');
  });
  await Promise.all(reading);
  const kibibytes = procNumber(`${home.daemonPid()}/status`, 'VmHWM');
  await client.shutdown();
  rmSync(join(home.path, 'tasks'), { recursive: true });
  return (kibibytes * 1024) / 1e6;
}

function flood(mebibytes: number): string {
  return `yes 'a line of a log that is written as fast as it can be' | head -c ${mebibytes * mebibyte}`;
}

/** What `report-loop-delay.cjs` writes. */
interface LoopDelays {
  readonly own: { readonly p99: number; readonly max: number };
  readonly clock: { readonly p99: number };
}

/** Of a daemon that has the measure in it, while one task floods, and one reader reads what another has written. */
async function loopDelay(stage: Stage): Promise<LoopDelays> {
  const home = stage.home();
  const report = join(stage.folder(), 'loop.json');
  const client = await measuredDaemon(home, report);
  const { id: read } = await client.run({ command: ['sh', '-c', flood(128)], environment: [] });
  await client.wait([String(read)]);
  const { id: flooding } = await client.run({ command: ['sh', '-c', 'yes flooding'], environment: [] });
  const pid = home.daemonPid();
  process.kill(pid, 'SIGUSR2');
  await appears(report);
  rmSync(report);
  for (let times = 0; times < 3; times += 1) {
    for await (const chunk of client.log(String(read))) if (chunk.missing !== null) throw new Error('nothing is gone');
  }
  process.kill(pid, 'SIGUSR2');
  await appears(report);
  await client.signal(String(flooding), 'SIGKILL');
  await client.wait([String(flooding)]);
  await client.shutdown();
  await client.close();
  rmSync(join(home.path, 'tasks'), { recursive: true });
  return JSON.parse(readFileSync(report, 'utf8')) as LoopDelays;
}

async function measuredDaemon(home: BenchHome, report: string): Promise<Client> {
  const preload = join(import.meta.dirname, '..', 'support', 'report-loop-delay.cjs');
  const daemon = spawn(process.execPath, ['--require', preload, join(root, 'dist', 'daemon.cjs'), '--persist'], {
    env: { ...plainEnvironment(), ...home.env, GHOST_SOCKET: join(home.path, 'ghost.sock'), GHOST_BENCH_LOOP: report },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(daemon.stdout, 'data');
  return await connect({ home: home.path, start: false });
}

async function appears(path: string): Promise<void> {
  for (let left = 500; left > 0 && !existsSync(path); left -= 1) await delay(10);
}
