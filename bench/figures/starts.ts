import { join } from 'node:path';

import { type Figure, type Stage, interleave, perSecond, timed } from '../figure.ts';
import { against, alone, atLeast } from '../rows.ts';
import { plainEnvironment, runTimed } from '../support/bench-home.ts';
import { startMany } from '../support/many.ts';
import type { PeerName } from '../support/peers.ts';
import { figuresOf } from '../support/process-figures.ts';

const tasks = 500;
const part = 100;

/**
 * What is called once a task, one call after the other: its users have no other way. pm2 takes more than half a second
 * for each, so that it gets few.
 */
const calls: readonly { readonly name: PeerName; readonly args: readonly string[]; readonly count: number }[] = [
  { name: 'tsp', args: ['true'], count: 100 },
  { name: 'nq', args: ['-q', 'true'], count: 100 },
  { name: 'nohup', args: ['true'], count: 100 },
  { name: 'pm2', args: ['start', 'true', '--no-autorestart', '--force', '--silent'], count: 2 },
];
/** Those that keep a server of their own, and how it is ended. */
const ends = [
  ['tsp', '-K'],
  ['pm2', 'kill'],
] as const;

/** What it takes to submit many tasks. */
export const figures: readonly Figure[] = [
  {
    name: 'starts',
    what: '500 tasks submitted over one connection, flat to the last; tsp, nq, pm2 and nohup in the same run',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const cpu: number[] = [];
      const rates = { all: [] as number[], first: [] as number[], last: [] as number[] };
      const submit = async (): Promise<number> => {
        const before = figuresOf(home.daemonPid());
        const began = performance.now();
        const answered: number[] = [];
        await startMany(client, {
          count: tasks,
          request: home.task(['true']),
          onStarted: () => answered.push(performance.now()),
        });
        const at = (place: number): number => answered[place] ?? Number.NaN;
        rates.all.push(perSecond(tasks, at(tasks - 1) - began));
        rates.first.push(perSecond(part, at(part - 1) - began));
        rates.last.push(perSecond(part, at(tasks - 1) - at(tasks - 1 - part)));
        const took = at(tasks - 1) - began;
        // So that the last of them has ended and is counted.
        await client.wait([]);
        const after = figuresOf(home.daemonPid());
        cpu.push((after.cpuMs + after.childrenCpuMs - before.cpuMs - before.childrenCpuMs) / tasks);
        return took;
      };
      const peers = openPeers(stage);
      const values = await interleave(
        Object.fromEntries([['ghost', submit] as const, ...peers.map(({ name, side }) => [name, side] as const)]),
        { rounds: stage.rounds(4) },
      );
      for (const { end } of peers) await end();
      const withoutWarmUp = (list: readonly number[]): readonly number[] => list.slice(1);
      return [
        alone('tasks started, one connection', withoutWarmUp(rates.all), { unit: '/s', bar: atLeast('median', 150) }),
        alone('processor time of a start, shim and task included', withoutWarmUp(cpu), { unit: 'ms' }),
        against('the last 100 of 500', withoutWarmUp(rates.last), {
          name: 'the first 100',
          values: withoutWarmUp(rates.first),
          ratioMost: null,
          unit: '/s',
        }),
        ...peers.map(({ name, count }) =>
          against('tasks started, one connection', withoutWarmUp(rates.all), {
            name: `${name}, a call each`,
            values: (values[name] ?? []).map((ms) => perSecond(count, ms)),
            ratioMost: null,
            unit: '/s',
          }),
        ),
      ];
    },
  },
];

function openPeers(stage: Stage) {
  const folder = stage.folder();
  const env = {
    ...plainEnvironment(),
    TMPDIR: folder,
    TS_SOCKET: join(folder, 'tsp'),
    NQDIR: folder,
    PM2_HOME: join(folder, 'pm2'),
  };
  return calls.flatMap(({ name, args, count }) => {
    const path = stage.peers.find(name);
    if (path === null) {
      stage.leaveOut(`starts against ${name}`, stage.peers.why(name));
      return [];
    }
    const run = async (words: readonly string[]) => await runTimed([path, ...words], { env, cwd: folder });
    const side = async (): Promise<number> =>
      await timed(async () => {
        for (let call = 0; call < count; call += 1) await run(args);
      });
    const end = async (): Promise<void> => {
      for (const [server, ...words] of ends) if (server === name) await run(words);
    };
    return [{ name, count, side, end }];
  });
}
