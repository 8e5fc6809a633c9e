import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../../src/clock.ts';
import { root } from '../../test/support/source-files.ts';
import { type Figure, type Row, type Stage, interleave } from '../figure.ts';
import { against, alone } from '../rows.ts';
import type { BenchHome } from '../support/bench-home.ts';
import { fillJournal } from '../support/fill-journal.ts';
import { figuresOf } from '../support/process-figures.ts';
import { askThePast } from './past.ts';

/** How what a user waits for grows with the number of tasks that have ended; each against the fewest of them. */
export const figures: readonly Figure[] = [
  {
    name: 'growth',
    what: 'list, run, history, start, memory and disk over four orders of magnitude: 10 to 100,000 ended tasks',
    measure: async (stage) => await growth(stage, [10, 100, 1_000, 10_000, 100_000]),
  },
  {
    name: 'million',
    what: 'the same with 1,000,000 ended tasks against 10, and every indexed question about the past against node -e 0 (fills a journal of 4 GB: some minutes)',
    measure: async (stage) => await growth(stage, [10, 1_000_000], { askingMost: true }),
  },
];

/** @param options.askingMost whether the past of the largest is asked as well. */
async function growth(
  stage: Stage,
  sizes: readonly number[],
  { askingMost = false }: { readonly askingMost?: boolean } = {},
): Promise<readonly Row[]> {
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
  const history = await interleave(
    sidesOf(homes, async (home) => (await home.ghost(['history', 'deploy', 'staging'])).tookMs),
    { rounds: stage.rounds(8) },
  );
  const resident = homes.map(({ home }) => [figuresOf(home.daemonPid()).residentMegabytes]);
  const start = await interleave(
    sidesOf(homes, async (home) => {
      await home.shutdown();
      return (await home.ghost(['list'])).tookMs;
    }),
    { rounds: stage.rounds(6) },
  );
  const largest = homes.at(-1);
  const asked =
    askingMost && largest !== undefined ? await askThePast(largest.home, { tasks: largest.size, stage }) : [];
  const bytes = homes.map(({ size, home }) => [statSync(join(home.path, 'tasks.db')).size / size]);
  const disk = Object.fromEntries(sizes.map((size, place) => [String(size), bytes[place] ?? []]));
  const memory = Object.fromEntries(sizes.map((size, place) => [String(size), resident[place] ?? []]));
  return [
    ...rowsOf('ghost list', sizes, { values: list, unit: 'ms', most: 1.1 }),
    ...rowsOf('ghost run true', sizes, { values: run, unit: 'ms', most: null }),
    ...rowsOf('ghost history deploy staging', sizes, { values: history, unit: 'ms', most: null }),
    ...rowsOf('first command, no daemon', sizes, { values: start, unit: 'ms', most: 1.3 }),
    ...rowsOf('daemon, resident', sizes, { values: memory, unit: 'MB', most: null }),
    ...rowsOf('the journal, a task', sizes, { values: disk, unit: 'bytes', most: null }),
    ...asked,
  ];
}

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
  // The output that the journal tells of is not there, and would be taken for too much of it.
  const config = join(home.env['XDG_CONFIG_HOME'] ?? '', 'ghost');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'config.json'), JSON.stringify({ logs: { maxTotal: '100TB', keepFree: '1MB' } }));
  await home.ghost(['list']);
  return home;
}

function sidesOf(
  homes: readonly { readonly size: number; readonly home: BenchHome }[],
  measure: (home: BenchHome) => Promise<number>,
): Readonly<Record<string, () => Promise<number>>> {
  return Object.fromEntries(homes.map(({ size, home }) => [String(size), () => measure(home)]));
}

function rowsOf(
  what: string,
  sizes: readonly number[],
  {
    values,
    unit,
    most,
  }: {
    readonly values: Readonly<Record<string, readonly number[]>>;
    readonly unit: Row['unit'];
    readonly most: number | null;
  },
): readonly Row[] {
  const [least = 0] = sizes;
  const of = (size: number): readonly number[] => values[String(size)] ?? [];
  return sizes.map((size) => {
    const ofSize = `${what}, ${sizeText(size)} ended tasks`;
    if (size === least) return alone(ofSize, of(size), { unit });
    return against(ofSize, of(size), { name: `${sizeText(least)} tasks`, values: of(least), ratioMost: most, unit });
  });
}

function sizeText(size: number): string {
  return size.toLocaleString('en');
}
