import { hash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { encodeEvent, genesisHash } from './codec.ts';
import { type Database, openDatabase } from './database.ts';
import { decodeEnvironment, isWhole } from './environments.ts';
import type { Actor, DataOf, SequenceNumber } from './events.ts';
import { migrate } from './migrate.ts';
import { onceKey } from './once-key.ts';
import { putInPlace, sync } from './put-in-place.ts';
import { type MigrationOptions, readableCopy, removeDatabase, usingDatabase } from './readable-copy.ts';
import { type ChainedEvent, soundEvents } from './sound-events.ts';
import { prepareStatements } from './statements.ts';

/**
 * Restores a damaged journal from its last good state: the events that hold, from the first to the first that does not,
 * go into a new file with a JournalRestored behind them, which then takes the damaged one's place. The damaged file is put beside with its write-ahead log
 * before anything is replaced, and never removed. To be called by the holder of the daemon's lock alone.
 */

interface SalvageOptions extends MigrationOptions {
  readonly path: string;
  /** On whose behalf. */
  readonly actor: Actor;
  /** The highest number of a task that anything outside the journal tells of. */
  readonly lastTaskSeen: number;
  /** Told after each step, for tests that end the process there. */
  readonly onStep?: (step: SalvageStep) => void;
}

type SalvageStep = 'put-aside' | 'readable' | 'written' | 'complete' | 'log-removed' | 'in-place';

export interface Salvage {
  /** The events that are in the new journal: 1 to this one. */
  readonly kept: number;
  /** What of the rest can still be seen in the damaged file: its events' numbers and the tasks that they are about. */
  readonly lost: { readonly seqs: readonly number[]; readonly tasks: readonly number[] };
  /** Environments that the kept tasks had and that could not be read. */
  readonly environmentsLost: number;
  /** Where the damaged files are now. */
  readonly folder: string;
  /** The highest number that a task was ever seen to have; the next one is higher. */
  readonly lastTask: number;
}

/** Rows of one transaction. */
const batchRows = 2_000;

/** @throws the system's or SQLite's error; the journal is then as it was, or the next to open it finishes this. */
export async function restoreJournal(options: SalvageOptions): Promise<Salvage> {
  const { path, now, onStep = () => undefined } = options;
  const stamp = new Date(now() / 1000).toISOString().replaceAll(/[:.]/g, '-');
  const folder = `${path}.damaged-${stamp}`;
  const written = `${path}.restored.tmp`;
  const copies = copiesFolder(path);
  mkdirSync(folder, { mode: 0o700 });
  try {
    putAside(path, folder);
    onStep('put-aside');
    rmSync(copies, { recursive: true, force: true });
    mkdirSync(copies, { mode: 0o700 });
    const source = await readableCopy(path, { ...options, folder: copies });
    onStep('readable');
    removeDatabase(written);
    const salvaged = await copyEvents(source, { ...options, target: written, folder });
    onStep('written');
    putInPlace(path, { written, onStep });
    return { ...salvaged, folder };
  } finally {
    rmSync(copies, { recursive: true, force: true });
    removeDatabase(written);
  }
}

/** Where copies of a damaged journal are tried out. */
export function copiesFolder(path: string): string {
  return `${path}.copies.tmp`;
}

/** A second name for the damaged file, so that it is there whatever happens next. */
function putAside(path: string, folder: string): void {
  const target = join(folder, basename(path));
  try {
    linkSync(path, target);
  } catch {
    // Not every file system has second names.
    copyFileSync(path, target);
  }
  sync(target);
  if (existsSync(`${path}-wal`)) {
    copyFileSync(`${path}-wal`, `${target}-wal`);
    sync(`${target}-wal`);
  }
  sync(folder);
  sync(dirname(folder));
}

async function copyEvents(
  source: string,
  { target, folder, ...options }: SalvageOptions & { target: string; folder: string },
): Promise<Omit<Salvage, 'folder'>> {
  const { migrationsFolder, now, ghostVersion, lastTaskSeen } = options;
  const database = openDatabase(target);
  try {
    await migrate(database, { folder: migrationsFolder, now, ghostVersion });
    const kept =
      usingDatabase(source, (damaged) => {
        const events = insertAll(database, soundEvents(damaged));
        copyEnvironments(damaged, database);
        return events;
      }) ?? 0;
    const lost = usingDatabase(source, (damaged) => seenAfter(damaged, kept)) ?? { seqs: [], tasks: [] };
    const lastTask = Math.max(
      lastTaskSeen,
      prepareStatements(database).lastTask.get()?.[0] ?? 0,
      lost.tasks.at(-1) ?? 0,
      usingDatabase(source, lastTaskIn) ?? 0,
    );
    const to = lost.seqs.at(-1);
    const damage = to === undefined ? null : { from: kept + 1, to };
    insertRestored(database, { kept, lost: damage, lastTask, damaged: basename(folder) }, options);
    const environmentsLost = countMissingEnvironments(database);
    database.pragma('wal_checkpoint(TRUNCATE)');
    return { kept, lost, environmentsLost, lastTask };
  } finally {
    database.close();
  }
}

/** The first event after those that were kept. */
function insertRestored(
  database: Database,
  data: DataOf<'JournalRestored'>,
  { now, actor }: Pick<SalvageOptions, 'now' | 'actor'>,
): void {
  const { insert, last } = prepareStatements(database);
  const previousHash = last.get()?.[7] ?? genesisHash;
  // The place after the last that was kept.
  const seq = (data.kept + 1) as SequenceNumber;
  insert.run(
    ...encodeEvent({ type: 'JournalRestored', task: null, actor, data }, { seq, at: now(), previousHash }),
    null,
  );
}

function insertAll(database: Database, chain: Iterable<ChainedEvent>): number {
  const { insert } = prepareStatements(database);
  let kept = 0;
  let batch: ChainedEvent[] = [];
  const flush = database.transaction(() => {
    for (const { row, event } of batch) insert.run(...row, onceKey(event));
  });
  for (const chained of chain) {
    batch.push(chained);
    if (batch.length >= batchRows) {
      flush();
      kept += batch.length;
      batch = [];
    }
  }
  flush();
  return kept + batch.length;
}

/** What the environments' own hash confirms, and what was redacted, whose hash cannot. As far as they can be read. */
function copyEnvironments(from: Database, to: Database): void {
  const { insertEnvironment } = prepareStatements(to);
  try {
    const rows = from.prepare<[], [string, string]>('SELECT hash, entries FROM environments').raw().iterate();
    for (const [key, entries] of rows) if (isConfirmed(key, entries)) insertEnvironment.run(key, entries);
  } catch {
    // The rest of the table is damaged: how many are missing is counted by the tasks that had them.
  }
}

function isConfirmed(key: string, entries: string): boolean {
  try {
    return hash('sha256', entries, 'hex') === key || !isWhole(decodeEnvironment(entries));
  } catch {
    // Not even the text of one.
    return false;
  }
}

function countMissingEnvironments(database: Database): number {
  const count = database
    .prepare<[], [number]>(
      `SELECT count(DISTINCT data ->> 'environmentHash') FROM events
       WHERE type = 'TaskSubmitted' AND data ->> 'environmentHash' NOT IN (SELECT hash FROM environments)`,
    )
    .raw()
    .get()?.[0];
  return count ?? 0;
}

/** What can be seen past the last event that holds, from both ends. */
function seenAfter(database: Database, last: number): Salvage['lost'] {
  const seqs = new Set<number>();
  const tasks = new Set<number>();
  for (const order of ['ASC', 'DESC']) {
    try {
      const rows = database
        .prepare<[number], [number, number | null]>(`SELECT seq, task FROM events WHERE seq > ? ORDER BY seq ${order}`)
        .raw()
        .iterate(last);
      for (const [seq, task] of rows) {
        seqs.add(seq);
        if (task !== null) tasks.add(task);
      }
    } catch {
      // As far as the damaged page; the other way round there may be more.
    }
  }
  const ascending = (set: ReadonlySet<number>): readonly number[] => [...set].toSorted((one, other) => one - other);
  return { seqs: ascending(seqs), tasks: ascending(tasks) };
}

/** The highest number of a task that a damaged journal gives away by anything, its indexes and read models too. */
function lastTaskIn(database: Database): number {
  const questions = [
    'SELECT max(task) FROM events INDEXED BY events_task WHERE task IS NOT NULL',
    'SELECT max(id) FROM tasks',
    "SELECT max(data ->> 'lastTask') FROM events WHERE type = 'JournalRestored'",
  ];
  return questions.reduce((most, sql) => {
    try {
      return Math.max(most, database.prepare<[], [number | null]>(sql).raw().get()?.[0] ?? 0);
    } catch {
      // That part is damaged, or was not there in its time.
      return most;
    }
  }, 0);
}
