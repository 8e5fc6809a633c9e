import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { type Figure, interleave } from '../figure.ts';
import { against } from '../rows.ts';
import { type BenchHome, idleNode, plainEnvironment } from '../support/bench-home.ts';

/** What a command costs, against a Node that does nothing. */
export const figures: readonly Figure[] = [
  {
    name: 'list',
    what: 'ghost list of 50 tasks, daemon up: wall time and memory, against node -e 0',
    measure: async (stage) => {
      const home = stage.home();
      await withTasks(home, 50);
      const rounds = stage.rounds(30);
      const time = await interleave({ list: ghost(home, ['list', '--all']), node: idleNode }, { rounds });
      const memory = await interleave(
        {
          list: async () => await peakMegabytes(home.command(['list', '--all']).slice(1), home.env),
          node: async () => await peakMegabytes(['-e', '0'], plainEnvironment()),
        },
        { rounds: stage.rounds(8) },
      );
      return [
        against('ghost list, 50 tasks', time.list, { values: time.node, ratioMost: 1.5 }),
        against('its memory', memory.list, { values: memory.node, ratioMost: 1.25, unit: 'MB' }),
      ];
    },
  },
  {
    name: 'run',
    what: 'ghost run true to the number on stdout, daemon up, against node -e 0',
    measure: async (stage) => {
      const home = stage.home();
      await withTasks(home, 1);
      const time = await interleave(
        { run: ghost(home, ['run', 'true']), node: idleNode },
        { rounds: stage.rounds(30) },
      );
      return [against('ghost run true', time.run, { values: time.node, ratioMost: 1.8 })];
    },
  },
  {
    name: 'help',
    what: 'ghost help, no daemon asked, against node -e 0',
    measure: async (stage) => {
      const home = stage.home();
      const time = await interleave({ help: ghost(home, ['help']), node: idleNode }, { rounds: stage.rounds(20) });
      return [against('ghost help', time.help, { values: time.node, ratioMost: null })];
    },
  },
  {
    name: 'first',
    what: 'the first command with no daemon running, against node -e 0',
    measure: async (stage) => {
      const home = stage.home();
      const time = await interleave(
        {
          first: async () => {
            const { tookMs } = await home.ghost(['list']);
            await home.shutdown();
            return tookMs;
          },
          node: idleNode,
        },
        { rounds: stage.rounds(12) },
      );
      return [against('first command, no daemon', time.first, { values: time.node, ratioMost: 6 })];
    },
  },
];

function ghost(home: BenchHome, args: readonly string[]): () => Promise<number> {
  return async () => (await home.ghost(args)).tookMs;
}

/** So many tasks that have ended. */
async function withTasks(home: BenchHome, count: number): Promise<void> {
  const client = await home.client();
  const tasks = await Promise.all(Array.from({ length: count }, () => client.run(home.task(['true']))));
  await client.wait(tasks.map(({ id }) => String(id)));
}

/** The most memory that a program of Node's had at once, in MB (10^6 bytes). */
async function peakMegabytes(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(
    process.execPath,
    ['--require', join(import.meta.dirname, '..', 'support', 'report-peak.cjs'), ...args],
    {
      env,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    },
  );
  let text = '';
  (child.stdio[3] as Readable).setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await once(child, 'close');
  return (Number(text) * 1024) / 1e6;
}
