import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../../src/clock.ts';
import { root } from '../../test/support/source-files.ts';
import { type Figure, type Row, type Stage, interleave } from '../figure.ts';
import type { BenchHome } from '../support/bench-home.ts';
import { fillJournal } from '../support/fill-journal.ts';
import { figuresOf } from '../support/process-figures.ts';

/** Four orders of magnitude. */
const sizes = [100, 1_000, 10_000, 100_000, 1_000_000] as const;

/** How what a user waits for grows with the number of tasks that have ended; each against a hundred of them. */
export const figures: readonly Figure[] = [
  {
    name: 'growth',
    what: 'list, run, daemon start and memory with 100 to 1,000,000 ended tasks (fills journals, some minutes)',
    measure: async (stage) => {
      const homes: { readonly size: number; readonly home: BenchHome }[] = [];
      for (const size of sizes) homes.push({ size, home: await filled(stage, size) });
      const list = await interleave(
        sidesOf(homes, async (home) => (await home.ghost(['list'])).tookMs),
        { rounds: stage.rounds(12) },
      );
      const run = await interleave(
        sidesOf(homes, async (home) => (await home.ghost(['run', 'true'])).tookMs),
        { rounds: stage.rounds(12) },
      );
      const resident = homes.map(({ home }) => figuresOf(home.daemonPid()).residentMegabytes);
      const start = await interleave(
        sidesOf(homes, async (home) => {
          await home.shutdown();
          return (await home.ghost(['list'])).tookMs;
        }),
        { rounds: stage.rounds(6) },
      );
      return homes.flatMap(({ size }, place): readonly Row[] => [
        ofSize('ghost list', size, list, 1.1),
        ofSize('ghost run true', size, run, null),
        ofSize('first command, no daemon', size, start, 1.3),
        {
          what: `daemon, resident, ${sizeText(size)} ended tasks`,
          unit: 'MB',
          ghost: [resident[place] ?? Number.NaN],
          yardstick: place === 0 ? null : { name: `${sizeText(sizes[0])} tasks`, values: resident.slice(0, 1) },
          bar: null,
        },
      ]);
    },
  },
];

async function filled(stage: Stage, size: number): Promise<BenchHome> {
  const home = stage.home();
  mkdirSync(home.path, { mode: 0o700 });
  await fillJournal({
    path: join(home.path, 'tasks.db'),
    migrationsFolder: join(root, 'migrations'),
    ghostVersion: 'bench',
    tasks: size,
    until: systemClock()(),
  });
  await home.ghost(['list']);
  return home;
}

function sidesOf(
  homes: readonly { readonly size: number; readonly home: BenchHome }[],
  measure: (home: BenchHome) => Promise<number>,
): Readonly<Record<string, () => Promise<number>>> {
  return Object.fromEntries(homes.map(({ size, home }) => [String(size), () => measure(home)]));
}

function ofSize(
  what: string,
  size: number,
  values: Readonly<Record<string, readonly number[]>>,
  most: number | null,
): Row {
  const least = values[String(sizes[0])] ?? [];
  return {
    what: `${what}, ${sizeText(size)} ended tasks`,
    unit: 'ms',
    ghost: values[String(size)] ?? [],
    yardstick: size === sizes[0] ? null : { name: `${sizeText(sizes[0])} tasks`, values: least },
    bar: most === null || size === sizes[0] ? null : { of: 'ratio', limit: 'at most', value: most },
  };
}

function sizeText(size: number): string {
  return size.toLocaleString('en');
}
