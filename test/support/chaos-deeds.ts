import { join } from 'node:path';

import Database from 'better-sqlite3';

import type { Client } from '../../src/client/api.ts';
import type { CrashPoint } from '../../src/crash-point.ts';
import type { Exclusive } from '../../src/daemon/exclusive.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import type { GhostHome } from './ghost-home.ts';
import { runLedgerTask } from './ledger-client.ts';
import { type Ledger, type LedgerTask, shortKinds } from './ledger.ts';
import type { SeededRandom } from './seeded-random.ts';
import { until } from './until.ts';

/** What the deeds of a chaos must have come to, whoever died meanwhile. */
export interface Expected {
  readonly names: Map<number, string>;
  readonly tags: Map<number, readonly string[]>;
  /** The tasks whose output was taken away, and those that were hidden. */
  readonly pruned: Set<number>;
  readonly forgotten: Set<number>;
  /** Values that were taken out of the store. */
  readonly secrets: string[];
  /** Refused commands, each of which is one task. */
  readonly refused: Map<string, number>;
  /** Tasks that left a child behind. */
  readonly parted: Set<number>;
}

export interface Doing {
  readonly home: GhostHome;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  readonly expected: Expected;
  /** For what is refused while another does the same. */
  readonly exclusive: Exclusive<string>;
}

type Deed = (doing: Doing) => Promise<void>;

/** What people do with ghost. Each sees to it that the answer is right. */
export const deeds = {
  run: async (doing) => {
    const { home, random, ledger } = doing;
    const task = ledger.task(random.pick([...shortKinds, 'flood']));
    if (random.next() < 0.2) {
      await home.run(['--', ...task.command]);
      return;
    }
    const id = await start(doing, task);
    await random.pick([waitFor, followToItsEnd, wake, async () => undefined])(doing, id, task);
  },
  batch: async ({ home, ledger }) => {
    const tasks = [ledger.task('quick'), ledger.task('failing'), ledger.task('chatty')];
    const input = tasks.map(({ command }) => `${JSON.stringify({ command })}\n`).join('');
    const { status, stdout, stderr } = await home.ghost(['run', '--batch', '-'], { input });
    const numbers = stdout.trim().split('\n');
    if (status !== 0 || numbers.length !== tasks.length || new Set(numbers).size !== tasks.length) {
      throw new Error(`a batch of ${tasks.length} gave ${JSON.stringify({ status, stdout, stderr })}`);
    }
  },
  part: async (doing) => {
    const task = doing.ledger.task('parting');
    const id = await start(doing, task);
    await waitFor(doing, id, task);
    doing.expected.parted.add(Number(id));
  },
  stop: async (doing) => {
    const { client, ledger, random, home } = doing;
    const task = ledger.task(random.pick(['patient', 'stubborn']));
    const id = await start(doing, task);
    await isReady(doing, task);
    if (random.next() < 0.3) {
      const { status, stderr } = await home.ghost(['stop', '--grace', '300ms', id]);
      if (status !== 0) throw new Error(`ghost stop ended with ${status}: ${stderr}`);
    } else {
      mustEndAs(ledger, task, (await client.stop(id, { graceMs: 300 })).task);
    }
  },
  kill: async (doing) => {
    const { client, ledger } = doing;
    const task = ledger.task('stubborn');
    const id = await start(doing, task);
    await isReady(doing, task);
    await client.signal(id, 'SIGKILL');
    await waitFor(doing, id, task);
  },
  rename: async (doing) => {
    const id = await start(doing, doing.ledger.task('quick'));
    const name = `name ${id}`;
    mustBe(name, (await doing.client.rename(id, name)).name);
    doing.expected.names.set(Number(id), name);
  },
  tag: async (doing) => {
    const id = await start(doing, doing.ledger.task('quick'));
    await doing.client.tag(id, { add: ['one', 'two'] });
    const { tags } = await doing.client.tag(id, { add: ['three'], remove: ['one'] });
    mustBe('two three', tags.join(' '));
    doing.expected.tags.set(Number(id), tags);
  },
  redact: async (doing) => {
    const { client, random, expected, home, ledger } = doing;
    const secret = `secret-${random.below(2 ** 30).toString(36)}-${expected.secrets.length}`;
    const environment = [...environmentOf(home), ['CHAOS_SECRET', secret] as const];
    const { command } = ledger.task('quick');
    const { id } = await client.run({ command, cwd: home.work, environment });
    await client.wait([String(id)]);
    await client.redact(String(id), 'CHAOS_SECRET');
    expected.secrets.push(secret);
  },
  prune: async (doing) => {
    const id = await complete(doing, doing.ledger.task('binary'));
    await doing.client.prune({ tasks: [id] });
    doing.expected.pruned.add(Number(id));
  },
  forget: async (doing) => {
    const id = await complete(doing, doing.ledger.task('chatty'));
    await doing.client.prune({ tasks: [id], forget: true });
    doing.expected.pruned.add(Number(id));
    doing.expected.forgotten.add(Number(id));
  },
  refuse: async ({ client, home, random, expected }) => {
    const word = `no-such-command-${random.below(2 ** 30)}`;
    expected.refused.set(word, 0);
    const answer = client.run({ command: [word], cwd: home.work, environment: environmentOf(home) });
    const id = await answer.then(
      () => null,
      (error: unknown) => {
        if (error instanceof GhostError && error.code === 'command-not-found') return error.task ?? null;
        throw error;
      },
    );
    if (id === null) throw new Error(`${word} was not refused under a number`);
    expected.refused.set(word, id);
  },
  restart: async (doing) => {
    const task = doing.ledger.task('quick');
    const id = await start(doing, task);
    await waitFor(doing, id, task);
    doing.ledger.expectAgain(task);
    const again = await doing.client.restart(id);
    await waitFor(doing, String(again.id), task);
  },
  rebuild: async ({ client, home, exclusive }) => {
    await exclusive.run('rebuild', async () => {
      // What is kept of the second task, which is as old as the journal, is made wrong; the events tell it right.
      touchTables(home, "UPDATE tasks SET text = text || '?' WHERE id = 2");
      const folding = client.rebuild();
      for (let step = await folding.next(); step.done !== true; step = await folding.next());
    });
  },
  crowd: async ({ client }) => {
    // So many events that a snapshot is due, as fast as they come.
    for (let count = 0; count < 50; count += 1) {
      await client.tag('1', count % 2 === 0 ? { add: ['crowd'] } : { remove: ['crowd'] });
    }
  },
  look: async ({ client, random }) => {
    const looks = [
      async () => await client.list({ all: true }),
      async () => await client.status(),
      async () => await client.show('1'),
    ];
    await random.pick(looks)();
  },
  shutDown: async ({ client }) => {
    try {
      await client.shutdown();
    } catch (error) {
      // It died before it could answer: nobody knows how many tasks ran then, which is said.
      if (!(error instanceof GhostError && ['connection-lost', 'daemon-not-running'].includes(error.code))) throw error;
    }
  },
} satisfies Record<string, Deed>;
export type DeedName = keyof typeof deeds;

/** What brings ghost to a point: any task, where nothing is said. */
export function deedsTowards(point: CrashPoint): readonly DeedName[] {
  switch (point) {
    case 'daemon.stopping':
    case 'daemon.unbound':
    case 'daemon.stopped':
      return ['shutDown', 'run'];
    case 'journal.snapshot':
      return ['crowd', 'crowd', 'crowd'];
    case 'task.refused':
      return ['refuse', 'refuse', 'refuse', 'refuse'];
    case 'signal.requested':
    case 'signal.delivered':
    case 'signal.sent':
      return ['stop', 'kill', 'stop', 'run'];
    case 'segment.written':
    case 'segment.renamed':
    case 'segment.sealed':
    case 'segment.given-back':
      return ['prune', 'run', 'run', 'prune'];
    case 'output.pruned':
    case 'output.removed':
    case 'output.emptied':
      return ['prune', 'forget', 'prune', 'forget'];
    case 'change.recorded':
      return ['rename', 'tag', 'rename'];
    case 'change.forgotten':
      return ['forget', 'forget', 'forget'];
    case 'change.redacting':
    case 'change.redacted':
      return ['redact', 'redact', 'redact'];
    case 'rebuild.folded':
    case 'rebuild.replaced':
      return ['rebuild'];
    default:
      return ['run', 'run', 'run', 'run'];
  }
}

/** What is done anyhow, whichever point is meant. */
export const everydayDeeds: readonly DeedName[] = [
  'run',
  'run',
  'run',
  'batch',
  'part',
  'stop',
  'kill',
  'rename',
  'tag',
  'redact',
  'prune',
  'forget',
  'refuse',
  'restart',
  'look',
  'look',
];

/** Makes the read models those of another version of the fold, so that the next daemon folds the whole past anew. */
export function ageReadModels(home: GhostHome): void {
  touchTables(home, 'UPDATE read_models SET version = 0');
}

function touchTables(home: GhostHome, sql: string): void {
  const database = new Database(join(home.path, 'tasks.db'));
  try {
    database.pragma('busy_timeout = 20000');
    database.exec(sql);
  } finally {
    database.close();
  }
}

async function start({ client, home }: Doing, task: LedgerTask): Promise<string> {
  return String(await runLedgerTask(client, home, task));
}

/** Runs a task until its output is complete. */
async function complete(doing: Doing, task: LedgerTask): Promise<string> {
  const id = await start(doing, task);
  await followToItsEnd(doing, id, task);
  return id;
}

async function isReady({ ledger }: Doing, task: LedgerTask): Promise<void> {
  await until('the task listens to its signals', () => ledger.printed(task, 'stdout').length > 0);
}

async function waitFor({ client, ledger }: Doing, id: string, task: LedgerTask): Promise<void> {
  const ended = await client.wait([id]);
  if (ended.length !== 1) throw new Error(`${ended.length} tasks were told to a waiter for one`);
  for (const one of ended) mustEndAs(ledger, task, one);
}

/** Whoever follows gets every byte once. */
async function followToItsEnd({ client, ledger }: Doing, id: string, task: LedgerTask): Promise<void> {
  const given: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of client.log(id, { follow: true })) given[stream].push(data);
  for (const stream of ['stdout', 'stderr'] as const) mustBeThePrinted(ledger, { task, stream }, given[stream]);
}

export function mustBeThePrinted(
  ledger: Ledger,
  { task, stream }: { task: LedgerTask; stream: 'stdout' | 'stderr' },
  given: readonly Uint8Array[],
): void {
  const [seen, printed] = [Buffer.concat(given), ledger.printed(task, stream)];
  if (seen.equals(printed)) return;
  const at = seen.findIndex((byte, index) => byte !== printed[index]);
  throw new Error(
    `a follower saw ${seen.length} bytes of the ${stream} of ${task.key}, which printed ${printed.length}; ` +
      `they part at ${at < 0 ? Math.min(seen.length, printed.length) : at}`,
  );
}

/** SIGCONT changes nothing for a task that runs; it may come too late. */
async function wake({ client }: Doing, id: string): Promise<void> {
  try {
    await client.signal(id, 'SIGCONT');
  } catch (error) {
    if (!(error instanceof GhostError && error.code === 'task-ended')) throw error;
  }
}

export function mustEndAs(ledger: Ledger, task: LedgerTask, view: TaskView): void {
  const { state, exitCode, signal, reason } = view;
  if (ledger.mayEndAs(task, view)) return;
  throw new Error(`${task.key} was told to have ended as ${JSON.stringify({ state, exitCode, signal, reason })}`);
}

function mustBe(wanted: string, is: string | null): void {
  if (is !== wanted) throw new Error(`it is ${is} and not ${wanted}`);
}

function environmentOf(home: GhostHome): (readonly [string, string])[] {
  return Object.entries(home.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
