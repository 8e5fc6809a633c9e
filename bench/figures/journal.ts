import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../../src/clock.ts';
import { encodeEvent, genesisHash } from '../../src/journal/codec.ts';
import { openDatabase, setSynchronous } from '../../src/journal/database.ts';
import type { EventDraft, JournalEvent, Microseconds, SequenceNumber, TaskId } from '../../src/journal/events.ts';
import { Journal } from '../../src/journal/journal.ts';
import { evolveTask, isTaskEvent } from '../../src/projections/evolve-task.ts';
import { openTaskJournal } from '../../src/projections/open-task-journal.ts';
import type { Task } from '../../src/projections/task.ts';
import { root } from '../../test/support/source-files.ts';
import { type Bar, type Figure, type Row, type Side, type Stage, interleave, perSecond, timed } from '../figure.ts';
import { against, alone, atLeast, atMost } from '../rows.ts';
import { idleNode, plainEnvironment, runTimed } from '../support/bench-home.ts';
import { eventsPerTask, fillJournal, livesOf, sharedEnvironment } from '../support/fill-journal.ts';

const migrationsFolder = join(root, 'migrations');
const appended = 50_000;
const replayed = 1_000_000;

/** The journal by itself: what it takes to append, to read all of it back, and to check it. */
export const figures: readonly Figure[] = [
  {
    name: 'append',
    what: '50,000 events appended in batches, with and without read models, against the bare rows in SQLite',
    measure: append,
  },
  {
    name: 'replay',
    what: '1,000,000 events read and folded; the same journal read by sqlite3, checked, and searched',
    measure: replay,
  },
];

async function append(stage: Stage): Promise<readonly Row[]> {
  const folder = stage.folder();
  const drafts = [...livesOf({ first: 1, tasks: appended / eventsPerTask, from: 1.7e15 })].flatMap(
    (life) => life.drafts,
  );
  const cpu = {
    alone: [] as number[],
    aloneLarge: [] as number[],
    folded: [] as number[],
    foldedLarge: [] as number[],
  };
  const side =
    (name: keyof typeof cpu, open: (path: string) => Promise<Journal>, batch: number): Side =>
    async () => {
      const path = join(folder, 'append.db');
      const journal = await open(path);
      const before = process.cpuUsage();
      const took = await timed(async () => await appendAll(journal, drafts, batch));
      const { user, system } = process.cpuUsage(before);
      cpu[name].push((user + system) / appended);
      journal[Symbol.dispose]();
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
      return perSecond(appended, took);
    };
  const values = await interleave(
    {
      alone: side('alone', openAlone, 100),
      aloneLarge: side('aloneLarge', openAlone, 1_000),
      folded: side('folded', openFolded, 100),
      foldedLarge: side('foldedLarge', openFolded, 1_000),
      bare: async () => {
        const path = join(folder, 'bare.db');
        const took = insertBare(path, drafts);
        rmSync(path);
        return perSecond(appended, took);
      },
    },
    { rounds: stage.rounds(6) },
  );
  const row = (what: string, ghost: readonly number[], bar: Bar | null): Row => ({
    ...against(what, ghost, {
      name: 'the encoded rows in a bare table',
      values: values.bare,
      ratioMost: null,
      unit: '/s',
    }),
    bar,
  });
  // Without the first round, which warms up.
  const cost = (what: string, ghost: readonly number[]): Row =>
    alone(`processor time of an event, ${what}`, ghost.slice(1), { unit: 'µs' });
  const enough = atLeast('median', 100_000);
  return [
    row('events appended, 100 a batch', values.alone, enough),
    row('1,000 a batch', values.aloneLarge, enough),
    row('with read models, 100 a batch', values.folded, enough),
    row('with read models, 1,000 a batch', values.foldedLarge, null),
    cost('100 a batch', cpu.alone),
    cost('1,000 a batch', cpu.aloneLarge),
    cost('with read models, 100 a batch', cpu.folded),
    cost('with read models, 1,000 a batch', cpu.foldedLarge),
  ];
}

async function openAlone(path: string): Promise<Journal> {
  return await Journal.open({ path, migrationsFolder, now: systemClock(), ghostVersion: 'bench', onDamage });
}

async function openFolded(path: string): Promise<Journal> {
  const options = { path, migrationsFolder, now: systemClock(), ghostVersion: 'bench', onDamage };
  return (await openTaskJournal(options)).journal;
}

function onDamage(error: Error): never {
  throw error;
}

async function appendAll(journal: Journal, drafts: readonly EventDraft[], batch: number): Promise<void> {
  for (let from = 0; from < drafts.length; from += batch) {
    await journal.append(drafts.slice(from, from + batch), { durability: 'normal', environment: sharedEnvironment });
  }
}

/** What SQLite takes for the same bytes: no index, no trigger, nothing to encode or to hash. In milliseconds. */
function insertBare(path: string, drafts: readonly EventDraft[]): number {
  const rows = drafts.map((draft, place) =>
    encodeEvent(draft, { seq: (place + 1) as SequenceNumber, at: 1.7e15 as Microseconds, previousHash: genesisHash }),
  );
  const database = openDatabase(path);
  try {
    setSynchronous(database, 'NORMAL');
    database.exec('CREATE TABLE bare (seq INTEGER PRIMARY KEY, at, type, task, v, actor, data, hash)');
    const insert = database.prepare('INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    const insertBatch = database.transaction((batch: typeof rows) => {
      for (const row of batch) insert.run(...row);
    });
    const began = performance.now();
    for (let from = 0; from < rows.length; from += 100) insertBatch(rows.slice(from, from + 100));
    return performance.now() - began;
  } finally {
    database.close();
  }
}

async function replay(stage: Stage): Promise<readonly Row[]> {
  const home = stage.home();
  mkdirSync(home.path, { mode: 0o700 });
  const path = join(home.path, 'tasks.db');
  const until = systemClock()();
  await fillJournal({ path, migrationsFolder, ghostVersion: 'bench', tasks: replayed / eventsPerTask, until });
  const sqlite3 = stage.peers.find('sqlite3');
  if (sqlite3 === null) stage.leaveOut('a replay against the sqlite3 shell', stage.peers.why('sqlite3'));
  const env = plainEnvironment();
  const sides: Record<string, Side> = {
    replay: async () => {
      using journal = await openFolded(path);
      return (await timed(async () => foldAll(journal))) / 1_000;
    },
  };
  if (sqlite3 !== null) {
    const script = `exec "$0" "$1" 'SELECT * FROM events' > /dev/null`;
    sides['shell'] = async () => (await runTimed(['sh', '-c', script, sqlite3, path], { env })).tookMs / 1_000;
  }
  const values = await interleave(sides, { rounds: stage.rounds(4) });
  await home.ghost(['list']);
  const checked = await interleave(
    { verify: async () => (await home.ghost(['audit', '--verify'])).tookMs / 1_000 },
    { rounds: stage.rounds(3) },
  );
  const asked = await interleave(
    {
      newest: async () => (await home.ghost(['history'])).tookMs,
      text: async () => (await home.ghost(['history', 'deploy', 'staging'])).tookMs,
      rare: async () => (await home.ghost(['history', 'signal:KILL', 'name:nightly', 'tag:gpu'])).tookMs,
      none: async () => (await home.ghost(['history', 'there is no such text'])).tookMs,
      node: idleNode,
    },
    { rounds: stage.rounds(8) },
  );
  const shell = values['shell'];
  const question = (what: string, ghost: readonly number[]): Row =>
    against(`ghost history ${what}, ${(replayed / eventsPerTask).toLocaleString('en')} tasks`, ghost, {
      values: asked.node,
      ratioMost: null,
    });
  return [
    {
      what: '1,000,000 events read and folded',
      unit: 's',
      ghost: values['replay'] ?? [],
      yardstick: shell === undefined ? null : { name: 'sqlite3, SELECT * of them', values: shell },
      bar: atMost('median', 2),
    },
    alone('ghost audit --verify of them', checked.verify, { unit: 's' }),
    question('', asked.newest),
    question('deploy staging', asked.text),
    question('signal:KILL name:nightly tag:gpu', asked.rare),
    question('of a text that is nowhere', asked.none),
    alone('the journal and its read models, a task', [(statSync(path).size / replayed) * eventsPerTask], {
      unit: 'bytes',
    }),
  ];
}

/** As the read models are folded when there are none, without writing them. */
function foldAll(journal: Journal): void {
  const live = new Map<TaskId, Task>();
  let events: readonly JournalEvent[];
  for (let after = 0; (events = journal.read({ after })).length > 0; after = events.at(-1)?.seq ?? after) {
    for (const event of events) {
      if (!isTaskEvent(event)) continue;
      const task = evolveTask(live.get(event.task), event);
      if (task === undefined) continue;
      if (task.log.kind === 'closed') live.delete(event.task);
      else live.set(event.task, task);
    }
  }
  if (live.size > 0) throw new Error(`${live.size} tasks have not ended`);
}
