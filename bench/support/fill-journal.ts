import { randomBytes } from 'node:crypto';

import { encodeEnvironment } from '../../src/journal/environments.ts';
import type { Actor, EventDraft, Microseconds, Outcome, ProcessIdentity, TaskId } from '../../src/journal/events.ts';
import { openTaskJournal } from '../../src/projections/open-task-journal.ts';

/** How many tasks one commit has, of five events each: about as many as the daemon commits at once when it is busy. */
const tasksPerCommit = 20;
/** The events of each task. */
export const eventsPerTask = 5;
/** How far one submission is from the next, in microseconds: a million of them are about a year. */
const meanPauseUs = 30_000_000;

interface FillOptions {
  /** The journal's file. It is made where there is none, and gets more where there is one. */
  readonly path: string;
  readonly migrationsFolder: string;
  readonly ghostVersion: string;
  /** How many tasks that have ended are put into it. */
  readonly tasks: number;
  /** When the last of them ends, in microseconds since 1970. */
  readonly until: Microseconds;
}

/**
 * Fills a journal with tasks that have ended, as people run them: a few commands again and again, some names and tags,
 * most of them well. Through the journal's own append, so that the chain and the read models hold. The same every time,
 * but for the UUIDs.
 * @returns how many events that were.
 */
export async function fillJournal({
  path,
  migrationsFolder,
  ghostVersion,
  tasks,
  until,
}: FillOptions): Promise<number> {
  const clock = { now: until - tasks * meanPauseUs };
  const { journal } = await openTaskJournal({
    path,
    migrationsFolder,
    ghostVersion,
    now: () => Math.round(clock.now) as Microseconds,
    onDamage: (error) => {
      throw error;
    },
  });
  using opened = journal;
  const eventsBefore = opened.lastSeq;
  const lives = livesOf({ first: opened.lastTask() + 1, tasks, from: clock.now });
  for (let done = 0; done < tasks;) {
    const count = Math.min(tasksPerCommit, tasks - done);
    const batch = Array.from({ length: count }, () => lives.next().value ?? { at: clock.now, drafts: [] });
    clock.now = batch.at(-1)?.at ?? clock.now;
    await opened.append(
      batch.flatMap(({ drafts }) => drafts),
      { durability: 'normal', environment: sharedEnvironment },
    );
    done += count;
  }
  return opened.lastSeq - eventsBefore;
}

/** What every task was given. */
export const sharedEnvironment = encodeEnvironment([
  ['PATH', '/usr/local/bin:/usr/bin:/bin'],
  ['HOME', '/home/ada'],
  ['LANG', 'en_GB.UTF-8'],
]);

/** The events of tasks that were submitted one after the other and have ended, with the time of each submission. */
export function* livesOf({
  first,
  tasks,
  from,
}: {
  /** The number of the first task. */
  readonly first: number;
  readonly tasks: number;
  /** When they begin, in microseconds since 1970. */
  readonly from: number;
}): Generator<{ readonly at: number; readonly drafts: readonly EventDraft[] }, undefined, void> {
  const random = pseudoRandom(first);
  const environmentHash = sharedEnvironment.hash;
  for (let done = 0; done < tasks; done += 1) {
    const at = from + (done + 1) * meanPauseUs;
    yield { at, drafts: lifeOf((first + done) as TaskId, { random, at, environmentHash }) };
  }
  return undefined;
}

const commands: readonly (readonly string[])[] = [
  ['npm', 'test'],
  ['npm', 'run', 'build'],
  ['make', '-j4'],
  ['cargo', 'build', '--release'],
  ['python3', 'train.py', '--epochs', '40', '--lr', '0.001'],
  ['./scripts/deploy.sh', 'staging'],
  ['./scripts/deploy.sh', 'production'],
  ['rsync', '-a', '--delete', '/srv/data/', 'backup:/srv/data/'],
  ['sh', '-c', 'pg_dump app | gzip > /srv/backup/app.sql.gz'],
  ['docker', 'compose', 'up', '--build'],
];
const folders = ['api', 'web', 'worker', 'infra', 'notes'].map((name) => `/home/ada/src/${name}`);
const names = ['nightly', 'build', 'deploy', 'train'];
const tags = ['ci', 'nightly', 'gpu'];
const bootId = '6f1c1f0e-4c6b-4b0e-9d0d-2f6f1f0e4c6b';

interface LifeOptions {
  readonly random: () => number;
  /** When it is submitted, in microseconds since 1970. */
  readonly at: number;
  readonly environmentHash: string;
}

function lifeOf(task: TaskId, { random, at, environmentHash }: LifeOptions): readonly EventDraft[] {
  const pid = 1000 + (task % 30_000) * 2;
  const base = { task, actor: daemon } as const;
  const startedAt = Math.round(at) as Microseconds;
  const tookUs = 50_000 + random() ** 6 * 7_200_000_000;
  const attempt = 1;
  return [
    {
      type: 'TaskSubmitted',
      task,
      actor: { ...client, pid: pid - 1, commandLine: 'ghost run' },
      data: {
        uuid: uuid(),
        requestId: `fill-${task}`,
        command: commandOf(task, random),
        cwd: pick(folders, random),
        environmentHash,
        umask: 0o022,
        openFilesSoftLimit: 1024,
        name: random() < 0.1 ? pick(names, random) : null,
        tags: random() < 0.2 ? [pick(tags, random)] : [],
        timeoutMs: null,
        restartOf: null,
      },
    },
    { ...base, type: 'TaskSpawned', data: { attempt, shim: identity(pid), shell: '/bin/sh' } },
    { ...base, type: 'TaskStarted', data: { attempt, identity: identity(pid + 1), startedAt } },
    {
      ...base,
      type: 'TaskExited',
      data: {
        attempt,
        outcome: outcomeOf(random),
        endedAt: Math.round(at + tookUs) as Microseconds,
        processorTime: { userMs: Math.round(tookUs / 2_000), systemMs: Math.round(tookUs / 20_000) },
        observed: 'live',
        source: 'kernel',
      },
    },
    {
      ...base,
      type: 'LogClosed',
      data: {
        stdoutBytes: Math.round(random() ** 4 * 60_000),
        stderrBytes: random() < 0.3 ? 120 : 0,
        besideBytes: 12_288,
      },
    },
  ];
}

/** Most are run again and again, one of ten has something of its own in it. */
function commandOf(task: TaskId, random: () => number): readonly string[] {
  const command = pick(commands, random);
  return random() < 0.1 ? [...command, `--run=${task.toString(36)}`] : command;
}

function outcomeOf(random: () => number): Extract<Outcome, { kind: 'exited' | 'signaled' }> {
  const chance = random();
  if (chance < 0.9) return { kind: 'exited', code: 0 };
  if (chance < 0.97) return { kind: 'exited', code: 1 + Math.floor(random() * 3) };
  return { kind: 'signaled', signal: random() < 0.8 ? 'SIGTERM' : 'SIGKILL' };
}

const client: Omit<Actor, 'pid' | 'commandLine'> = {
  kind: 'client',
  uid: 1000,
  client: 'ghost-cli 0.1.0',
  terminal: '/dev/pts/3',
};
const daemon: Actor = {
  kind: 'daemon',
  uid: 1000,
  pid: 900,
  client: 'ghostd 0.1.0',
  terminal: null,
  commandLine: null,
};

function identity(pid: number): ProcessIdentity {
  return { pid, startTime: String(pid * 7), bootId };
}

function pick<T>(from: readonly T[], random: () => number): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}

/** Random ones are drawn in one go: one by one they would take longer than the rest. */
let drawn: { readonly hex: string; used: number } = { hex: '', used: 0 };
function uuid(): string {
  if (drawn.used + 32 > drawn.hex.length) drawn = { hex: randomBytes(16_384).toString('hex'), used: 0 };
  const hex = drawn.hex.slice(drawn.used, drawn.used + 32);
  drawn.used += 32;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Mulberry32: numbers from 0 to 1 that are the same every time. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
