import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import Database from 'better-sqlite3';

import { daemonPid, figuresAtRest } from './daemon-process.ts';
import { Followers } from './followers.ts';
import { GhostCommand } from './ghost-command.ts';
import { Load } from './load.ts';
import { type Sample, timeCommands } from './sample.ts';
import { type SoakVerdict, verdictOn } from './verdict.ts';

/**
 * `npm run soak -- [--minutes 60] [--tasks 50000] [--long 20] [--followers 10] [--keep]`: whether a daemon that has run
 * for long is as it was after its first minutes. So many short tasks are spread over the time, some run all the while,
 * and followers of those come and go. Now and then the load pauses, and the daemon is looked at from outside: its memory
 * and descriptors as the kernel tells them, and what the commands take that people type most: in processor time, their own
 * and the daemon's, and on the clock where the machine was as busy then as at first. Prints a line of JSON for each look
 * and the verdict at the end, and ends with 1 where anything has grown by more than a tenth, or does not hold by the
 * tasks' own account. `--keep` leaves the data folder.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    tasks: { type: 'string', default: '50000' },
    long: { type: 'string', default: '20' },
    followers: { type: 'string', default: '10' },
    keep: { type: 'boolean', default: false },
  },
});
const minutes = numberOf('minutes');
const plan = { tasks: numberOf('tasks'), long: numberOf('long'), followers: numberOf('followers') };

/** How much longer or larger anything may be at the end. */
const growthMax = 0.1;
/** How often some tasks are started. */
const beatMs = 2_000;
/** The looks are taken at these parts of the time: three after its first minutes, some on the way, three at its end. */
const firstMinutes = Math.min(Math.max(3, minutes * 0.05), minutes * 0.3);
const looksAt = [...[1, 1.3, 1.6].map((part) => (part * firstMinutes) / minutes), 0.5, 0.6, 0.7, 0.8, 0.94, 0.97, 1];

const folder = mkdtempSync(join(tmpdir(), 'ghost-soak-'));
const home = join(folder, 'home');
writeFileSync(join(folder, 'config.json'), JSON.stringify({ logs: { maxTotal: '128MiB' } }));
const ghost = new GhostCommand({
  GHOST_HOME: home,
  GHOST_CONFIG: join(folder, 'config.json'),
  SHELL: '/bin/sh',
  GHOST_SOCKET: undefined,
});
try {
  const verdict = await soak();
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  process.exitCode = verdict.complaints.length === 0 ? 0 : 1;
} finally {
  await ghost.run(['shutdown', '--stop-tasks']);
  if (values.keep) process.stderr.write(`${folder}\n`);
  else rmSync(folder, { recursive: true });
}

async function soak(): Promise<SoakVerdict> {
  const load = new Load(ghost, folder);
  await load.startLong(plan.long);
  const daemon = daemonPid(home);
  const followers = new Followers(ghost, { tasks: load.longTasks, count: plan.followers });
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let pausedMs = 0;
  /** The part of the time that has gone, that of the looks left out. */
  const gone = (): number => (performance.now() - startedAt - pausedMs) / (minutes * 60_000);
  followers.come();
  for (const at of looksAt) {
    while (gone() < at) {
      const wanted = Math.min(plan.tasks, Math.round(plan.tasks * Math.min(1, gone())));
      if (wanted > load.shortTasks.size) await load.startShort(wanted - load.shortTasks.size);
      await delay(beatMs);
    }
    if (at === 1 && load.shortTasks.size < plan.tasks) await load.startShort(plan.tasks - load.shortTasks.size);
    const pausedAt = performance.now();
    await followers.leave();
    await load.settle();
    const sample: Sample = {
      minutes: Math.round(at * minutes * 10) / 10,
      tasks: load.shortTasks.size,
      followers: followers.came,
      ...(await figuresAtRest(daemon)),
      ...(await timeCommands(ghost, { daemon, task: load.longTasks[0] ?? 1 })),
    };
    samples.push(sample);
    const { took: _, ...told } = sample;
    process.stdout.write(`${JSON.stringify(told)}\n`);
    followers.come();
    pausedMs += performance.now() - pausedAt;
  }
  await followers.leave();
  load.end();
  await ghost.ok(['wait', ...load.longTasks.map(String)]);
  return verdictOn(samples, {
    growthMax,
    complaints: [
      ...(daemonPid(home) === daemon ? [] : ['the daemon is not the one that it was']),
      ...load.complaints(),
      ...followers.complaints,
      ...wrongEnds(load),
    ],
  });
}

/** The tasks of which the journal, read beside the daemon, does not tell the end that they had, once. */
function wrongEnds(load: Load): readonly string[] {
  const database = new Database(join(home, 'tasks.db'), { readonly: true });
  try {
    const rows = database
      .prepare<[], [number, string]>(
        "SELECT task, data FROM events WHERE type IN ('TaskExited', 'TaskLost', 'TaskStartFailed')",
      )
      .raw()
      .all();
    const ends = Map.groupBy(rows, ([task]) => task);
    return [...load.shortTasks.keys()].flatMap((id) => {
      const outcomes = ends.get(id)?.map(([, data]) => JSON.stringify(outcomeIn(data))) ?? [];
      const wanted = JSON.stringify(load.outcomeOf(id));
      return outcomes.length === 1 && outcomes[0] === wanted ? [] : [`task ${id} ended as ${outcomes.join()}`];
    });
  } finally {
    database.close();
  }
}

function outcomeIn(data: string): unknown {
  const parsed: unknown = JSON.parse(data);
  return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'outcome') : null;
}

function numberOf(name: 'minutes' | 'tasks' | 'long' | 'followers'): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a number, and more than 0\n`);
  process.exit(2);
}
