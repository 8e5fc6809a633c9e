import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { GhostHome } from './ghost-home.ts';
import { allComplete, complaintsAbout, readEvents } from './ledger-check.ts';
import { connectTo, daemonsOf, runLedgerTask } from './ledger-client.ts';
import { Ledger, type LedgerTask, shortKinds } from './ledger.ts';
import { until } from './until.ts';

export interface ChaosReport {
  readonly seed: number;
  readonly kills: number;
  /** Kills that met a daemon before it served anybody. */
  readonly killsWhileStarting: number;
  readonly tasks: number;
  readonly adoptions: number;
  readonly foundEnds: number;
  readonly abortedSpawns: number;
  readonly events: number;
  readonly outputBytes: number;
  /** What did not hold, a sentence each. */
  readonly complaints: readonly string[];
}

/** How long a daemon may live before it is killed, in milliseconds. */
const lifeMsMax = 300;
/** The share of kills that do not wait until the daemon serves. */
const startKillsShare = 0.2;
/** Requests and commands that may be unanswered when the daemon is killed. */
const underWayMax = 8;
/** Tasks that are started in the time between two kills. */
const tasksPerKillMax = 3;

/**
 * Starts tasks of all kinds by ordinary commands and requests while the daemon is killed at random moments, then lets
 * all of them end and tells what does not hold.
 * @param seed makes the choices, though not the machine's timing, the same again.
 */
export async function causeChaos(
  home: GhostHome,
  { kills, seed }: { kills: number; seed: number },
): Promise<ChaosReport> {
  const random = randomFrom(seed);
  const ledger = new Ledger(home.work);
  await using client = await connectTo(home);
  const underWay = new Set<Promise<void>>();
  const complaints: string[] = [];
  const begin = (what: string, action: () => Promise<unknown>): void => {
    const done = action()
      .then(() => undefined)
      .catch((error: unknown) => {
        complaints.push(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => underWay.delete(done));
    underWay.add(done);
  };
  let killed = 0;
  let killsWhileStarting = 0;
  let lastWasStarting = false;
  while (killed < kills) {
    for (let count = Math.ceil(random() * tasksPerKillMax); count > 0; count -= 1) {
      const task = ledger.task(pick(shortKinds, random));
      begin(`run of ${task.key}`, () => oneOf(random, task, { home, client }));
    }
    begin('look', () => look(random, client));
    // Once in a while one that starts is killed, but not time and again: a client gives up then, and says so.
    const whileStarting: boolean = !lastWasStarting && random() < startKillsShare;
    if (!whileStarting) await until('a daemon serves, and work gets done', () => serves(home, { client, underWay }));
    lastWasStarting = whileStarting;
    await delay(random() * lifeMsMax);
    for (const { pid } of daemonsOf(home)) {
      if (home.daemonPid() !== pid) killsWhileStarting += 1;
      if (kill(pid)) killed += 1;
    }
  }
  await Promise.all(underWay);
  await allComplete(home, client);
  complaints.push(...(await complaintsAbout(home, { client, ledger })));
  const events = readEvents(home);
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  return {
    seed,
    kills: killed,
    killsWhileStarting,
    tasks: count('TaskSubmitted'),
    adoptions: count('TaskAdopted'),
    foundEnds: events.filter((event) => event.type === 'TaskExited' && event.data.observed === 'found').length,
    abortedSpawns: count('TaskSpawnAborted'),
    events: events.length,
    outputBytes: events.reduce(
      (sum, event) => sum + (event.type === 'LogClosed' ? event.data.stdoutBytes + event.data.stderrBytes : 0),
      0,
    ),
    complaints,
  };
}

/** Whether there is a daemon to kill. A client that has waited through many kills gives up: not so many are asked for. */
async function serves(
  home: GhostHome,
  { client, underWay }: { client: Client; underWay: ReadonlySet<unknown> },
): Promise<boolean> {
  await client.ping();
  return underWay.size <= underWayMax && home.daemonPid() !== null;
}

/** Runs a task in one of the ways that there are, to its end or not; the answer must be the right one. */
async function oneOf(
  random: () => number,
  task: LedgerTask,
  { home, client }: { home: GhostHome; client: Client },
): Promise<void> {
  const [first, second] = [random(), random()];
  if (first < 0.25) {
    await home.run(['--', ...task.command]);
    return;
  }
  const id = await runLedgerTask(client, home, task);
  if (second < 0.3) await client.wait([String(id)]);
  else if (second < 0.5) for await (const _ of client.log(String(id), { follow: true }));
  else if (second < 0.6) await wake(client, id);
}

/** SIGCONT changes nothing for a task that runs; it may come too late. */
async function wake(client: Client, id: number): Promise<void> {
  try {
    await client.signal(String(id), 'SIGCONT');
  } catch (error) {
    if (!(error instanceof GhostError && error.code === 'task-ended')) throw error;
  }
}

async function look(random: () => number, client: Client): Promise<void> {
  const which = random();
  if (which < 0.4) await client.list({ all: true });
  else if (which < 0.7) await client.status();
  else await client.wait([]);
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function pick<T>(from: readonly T[], random: () => number): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

/** Mulberry32: a small generator of numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
