import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '../../src/client/library.ts';
import { type Figure, type Row, interleave, timed } from '../figure.ts';
import { against } from '../rows.ts';
import { type BenchHome, idleNode, plainEnvironment, runTimed } from '../support/bench-home.ts';

const mebibyte = 2 ** 20;
const sealingMsMax = 120_000;
const text = join(import.meta.dirname, '..', 'support', 'log-text.cjs');

/** What output costs to keep, and to find again, against the tools that one would use on files. */
export const figures: readonly Figure[] = [
  {
    name: 'log-write',
    what: 'a task that writes 1 GiB, to its end, against the same into `| cat > file`',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const bytes = 1024 * mebibyte;
      const file = join(stage.folder(), 'out');
      const print = `yes 'a line of a log that is written as fast as it can be' | head -c ${bytes}`;
      const { ghost, cat } = await interleave(
        {
          ghost: async () => {
            const took = await timed(async () => {
              const { id } = await client.run({ command: ['sh', '-c', print], environment: [] });
              await client.wait([String(id)]);
            });
            await allSealed(home, client, { bytes });
            return took;
          },
          cat: async () => {
            const { tookMs } = await runTimed(['sh', '-c', `${print} | cat > ${file}`], { env: plainEnvironment() });
            if (statSync(file).size !== bytes) throw new Error('cat has lost something');
            rmSync(file);
            return tookMs;
          },
        },
        { rounds: stage.rounds(7) },
      );
      return [against('a task that writes 1 GiB', ghost, { name: '| cat > file', values: cat, ratioMost: 1.6 })];
    },
  },
  {
    name: 'log-tail',
    what: 'ghost log -n 10 of a 2 GiB log, in segments, against node -e 0',
    measure: async (stage) => {
      const home = stage.home();
      const { id, client } = await longLog(home, 2048 * mebibyte);
      const since = await timeWithin(client, id);
      const times = await interleave(
        {
          tail: async () => (await home.ghost(['log', '-n', '10', id])).tookMs,
          since: async () => (await home.ghost(['log', '--since', since, '-n', '10', id])).tookMs,
          node: idleNode,
        },
        { rounds: stage.rounds(20) },
      );
      return [
        against('ghost log -n 10, of 2 GiB', times.tail, { values: times.node, ratioMost: 2 }),
        against('the same with --since', times.since, { values: times.node, ratioMost: 2 }),
      ];
    },
  },
  {
    name: 'log-grep',
    what: 'ghost log -g of 128 MiB in segments, against zgrep over the same segments',
    measure: async (stage) => {
      const home = stage.home();
      const { id } = await longLog(home, 128 * mebibyte);
      const segments = join(home.path, 'tasks', id, 'stdout.*.gz');
      const rows: Row[] = [];
      for (const [what, pattern, egrep] of [
        ['a word that is rare', 'ECONNREFUSED', 'ECONNREFUSED'],
        ['a word that is in no line', 'EADDRINUSE', 'EADDRINUSE'],
        ['a pattern', 'ERROR .*:8080 E[A-Z]+ /api/(basket|report)', 'ERROR .*:8080 E[A-Z]+ /api/(basket|report)'],
      ] as const) {
        const { ghost, zgrep } = await interleave(
          {
            ghost: () => countedBy(home, { command: home.command(['log', '-g', pattern, id]) }),
            zgrep: () => countedBy(home, { command: ['sh', '-c', `zgrep -hE '${egrep}' ${segments}`] }),
          },
          { rounds: stage.rounds(7) },
        );
        rows.push(against(`log -g, ${what}`, ghost, { name: 'zgrep -E', values: zgrep, ratioMost: 1 }));
      }
      return rows;
    },
  },
];

/** Both end with 1 where no line matches. */
async function countedBy(
  home: BenchHome,
  { command: [file, ...args] }: { command: readonly [string, ...string[]] },
): Promise<number> {
  const quiet = `"$0" "$@" > /dev/null; [ $? -le 1 ]`;
  return (await runTimed(['sh', '-c', quiet, file, ...args], { env: home.env })).tookMs;
}

/** A task that has ended and whose log of so many bytes is all in segments. */
async function longLog(home: BenchHome, bytes: number): Promise<{ readonly id: string; readonly client: Client }> {
  const client = await home.client();
  const task = await client.run({ command: [process.execPath, text, String(bytes)], environment: [] });
  await client.wait([String(task.id)]);
  await allSealed(home, client, { bytes });
  return { id: String(task.id), client };
}

/** Until the log of the last task is complete and all in segments. @throws where it has not that length. */
async function allSealed(home: BenchHome, client: Client, { bytes }: { bytes: number }): Promise<void> {
  const until = performance.now() + sealingMsMax;
  while (performance.now() < until) {
    const { task, events } = await client.show('@last');
    const closed = events.find((event) => event.type === 'LogClosed');
    if (closed?.type === 'LogClosed' && closed.data.stdoutBytes !== bytes) throw new Error('output is missing');
    // The spool goes when there is nothing in it that is not in a segment.
    if (closed !== undefined && !existsSync(join(home.path, 'tasks', String(task.id), 'spool', 'stdout'))) return;
    await delay(50);
  }
  throw new Error('the log is not compressed within two minutes');
}

/** A moment in the middle of what a task has written. */
async function timeWithin(client: Client, id: string): Promise<string> {
  const { task } = await client.show(id);
  const [from, to] = [task.startedAt, task.endedAt].map((at) => Date.parse(at ?? ''));
  return new Date(((from ?? 0) + (to ?? 0)) / 2).toISOString();
}
