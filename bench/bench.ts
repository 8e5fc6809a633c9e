import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { bundlesAreFresh } from '../test/support/bundles.ts';
import type { Figure } from './figure.ts';
import { figures as commandLine } from './figures/command-line.ts';
import { figures as daemon } from './figures/daemon.ts';
import { figures as growth } from './figures/growth.ts';
import { figures as journal } from './figures/journal.ts';
import { figures as latency } from './figures/latency.ts';
import { figures as logReaders } from './figures/log-readers.ts';
import { figures as logs } from './figures/logs.ts';
import { figures as screen } from './figures/screen.ts';
import { figures as starts } from './figures/starts.ts';
import { type LeftOut, leftOutText, tableOf } from './report.ts';
import { BenchStage } from './stage.ts';
import { type Judged, judge } from './statistics.ts';
import { Peers } from './support/peers.ts';

/**
 * `npm run bench -- [NAME...]`: the figures, each against its yardstick in one interleaved run.
 * A name takes every figure that begins with it. bench/README.md says how to read it.
 */
const all: readonly Figure[] = [
  ...commandLine,
  ...starts,
  ...logs,
  ...logReaders,
  ...latency,
  ...daemon,
  ...journal,
  ...screen,
  ...growth,
];

const usage = `npm run bench -- [NAME...]

  --list         what there is to measure
  --peers        install task-spooler, nq and pm2 for this run, into a temporary folder
  --effort N     N times the usual rounds (0.3 for a quick look, 3 for the record)
  --json FILE    the results as JSON, to FILE as well as to bench/results/
`;

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    effort: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false, short: 'h' },
  },
});

// It has no effect on what ghost does, and made every start of some Nodes slower.
delete process.env['NODE_EXTRA_CA_CERTS'];

if (options.help) process.stdout.write(usage);
else if (options.list) process.stdout.write(all.map(({ name, what }) => `${name.padEnd(16)}${what}\n`).join(''));
else process.exitCode = await main();

async function main(): Promise<number> {
  const effort = Number(options.effort);
  const unknown = names.filter((name) => !all.some((figure) => figure.name.startsWith(name)));
  if (unknown.length > 0 || !(effort > 0)) {
    process.stderr.write(
      `bench: ${unknown.length > 0 ? `no figure ${unknown.join(', ')}` : '--effort takes a number'}\n`,
    );
    process.stderr.write(usage);
    return 2;
  }
  if (!bundlesAreFresh()) {
    process.stderr.write('bench: dist/ is older than its sources\n  try: npm run build\n');
    return 1;
  }
  using peers = options.peers ? Peers.installed() : Peers.onPath();
  let onStage: BenchStage | null = null;
  const leave = (status: number) => async (): Promise<void> => {
    await onStage?.[Symbol.asyncDispose]();
    peers[Symbol.dispose]();
    process.exit(status);
  };
  // Nothing is left behind by one that is given up either.
  process.once('SIGINT', () => void leave(130)());
  process.once('SIGTERM', () => void leave(143)());
  const chosen = all.filter(({ name }) => names.length === 0 || names.some((wanted) => name.startsWith(wanted)));
  const rows: (Judged & { readonly figure: string })[] = [];
  const leftOut: LeftOut[] = [];
  for (const figure of chosen) {
    process.stderr.write(`${figure.name} ...\n`);
    await using stage = new BenchStage({ peers, effort });
    onStage = stage;
    const measured = (await figure.measure(stage)).map((row) => ({ figure: figure.name, ...judge(row) }));
    rows.push(...measured);
    leftOut.push(...stage.leftOut);
  }
  process.stdout.write(`${tableOf(rows)}\n${leftOutText(leftOut)}\n`);
  keep({ rows, leftOut, effort });
  return rows.some(({ holds }) => holds === false) ? 1 : 0;
}

/** The newest results have a fixed name, so that what reads them finds them. */
function keep({
  rows,
  leftOut,
  effort,
}: {
  rows: readonly Judged[];
  leftOut: readonly LeftOut[];
  effort: number;
}): void {
  const text = `${JSON.stringify(
    {
      at: new Date().toISOString(),
      machine: { cpu: cpus()[0]?.model ?? null, cores: cpus().length, kernel: release(), node: process.version },
      effort,
      rows,
      leftOut,
    },
    null,
    2,
  )}\n`;
  const places = [join(import.meta.dirname, 'results', `${new Date().toISOString().replaceAll(':', '-')}.json`)];
  if (options.json !== undefined) places.push(options.json);
  for (const place of places) {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
}
