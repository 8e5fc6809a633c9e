import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { type Database, openDatabase, openForReading } from './database.ts';
import type { Microseconds } from './events.ts';
import { copiesName, undoInterrupted } from './interrupted-salvage.ts';
import { migrate } from './migrate.ts';
import { onceKey } from './once-key.ts';
import { type ChainedEvent, soundEvents } from './sound-events.ts';
import { prepareStatements } from './statements.ts';

/**
 * Restores a damaged journal from its last good state: the events that hold, from the first to the first that does not,
 * go into a new file, which then takes the damaged one's place. The damaged file is put beside with its write-ahead log
 * before anything is replaced, and never removed. To be called by the holder of the daemon's lock alone.
 */

export interface SalvageOptions {
  readonly path: string;
  readonly migrationsFolder: string;
  readonly now: () => Microseconds;
  readonly ghostVersion: string;
}

export interface Salvage {
  /** The events that are in the new journal: 1 to this one. */
  readonly kept: number;
  /** What of the rest can still be seen in the damaged file: its events' numbers and the tasks that they are about. */
  readonly lost: { readonly seqs: readonly number[]; readonly tasks: readonly number[] };
  /** Environments that the kept tasks had and that could not be read. */
  readonly environmentsLost: number;
  /** Where the damaged files are now. */
  readonly folder: string;
}

/** The size of every page that ghost ever wrote: SQLite's default. */
const pageBytes = 4096;
const headerBytes = 100;
/** Rows of one transaction. */
const batchRows = 2_000;

/** @throws the system's or SQLite's error; the journal is then as it was. */
export async function restoreJournal(options: SalvageOptions): Promise<Salvage> {
  const { path, now } = options;
  const stamp = new Date(now() / 1000).toISOString().replaceAll(/[:.]/g, '-');
  const folder = `${path}.damaged-${stamp}`;
  const restored = `${path}.restored.tmp`;
  const copies = join(folder, copiesName);
  undoInterrupted(path);
  mkdirSync(folder, { mode: 0o700 });
  try {
    putAside(path, folder);
    // Its own name: from here on the damaged journal is there twice, whatever happens.
    sync(dirname(path));
    passCrashPoint('salvage.put-aside');
    mkdirSync(copies, { mode: 0o700 });
    removeDatabase(restored);
    const source = await readableCopy(path, { ...options, folder: copies });
    const salvaged = await copyEvents(source, { ...options, target: restored });
    // Now: whoever is killed behind this leaves a sound journal, which nobody restores.
    rmSync(copies, { recursive: true, force: true });
    passCrashPoint('salvage.copied');
    replace(path, { restored });
    return { ...salvaged, folder };
  } finally {
    rmSync(copies, { recursive: true, force: true });
    removeDatabase(restored);
  }
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
  if (existsSync(`${path}-wal`)) {
    copyFileSync(`${path}-wal`, `${target}-wal`);
    sync(`${target}-wal`);
  }
  sync(target);
  sync(folder);
}

/**
 * A copy of the damaged journal that SQLite opens, with its write-ahead log. Where its first bytes are damaged, those of
 * an empty journal are tried in their place, and then its whole first page: whether that was right, the chain tells.
 */
async function readableCopy(
  path: string,
  { folder, ...options }: SalvageOptions & { folder: string },
): Promise<string> {
  const plain = join(folder, 'plain.db');
  copyDatabase(path, plain);
  if (eventsThatHold(plain) > 0) return plain;
  const empty = join(folder, 'empty.db');
  {
    const database = openDatabase(empty);
    await migrate(database, { ...options, folder: options.migrationsFolder });
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
  }
  const firstPage = readFileSync(empty).subarray(0, pageBytes);
  const candidates = [headerBytes, pageBytes].map((bytes) => {
    const candidate = join(folder, `patched-${bytes}.db`);
    copyDatabase(path, candidate);
    patchStart(candidate, firstPage.subarray(0, bytes));
    return { candidate, holds: eventsThatHold(candidate) };
  });
  const best = candidates.toSorted((one, other) => other.holds - one.holds)[0];
  return best !== undefined && best.holds > 0 ? best.candidate : plain;
}

/** Overwrites the beginning, with the size that the file has: the header's fields at 28, 24 and 92 (fileformat2.html). */
function patchStart(path: string, start: Buffer): void {
  const bytes = Buffer.from(start);
  bytes.writeUInt32BE(Math.floor(statSync(path).size / pageBytes), 28);
  bytes.writeUInt32BE(1, 24);
  bytes.writeUInt32BE(1, 92);
  // No page is known to be free.
  bytes.writeUInt32BE(0, 32);
  bytes.writeUInt32BE(0, 36);
  const descriptor = openSync(path, 'r+');
  try {
    writeSync(descriptor, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(descriptor);
  }
}

function eventsThatHold(path: string): number {
  const count = (database: Database): number => {
    let events = 0;
    for (const { row } of soundEvents(database)) events = row[0];
    return events;
  };
  return usingDatabase(path, count) ?? 0;
}

async function copyEvents(
  source: string,
  { target, migrationsFolder, now, ghostVersion }: SalvageOptions & { target: string },
): Promise<Omit<Salvage, 'folder'>> {
  const database = openDatabase(target);
  try {
    await migrate(database, { folder: migrationsFolder, now, ghostVersion });
    const copied = usingDatabase(source, (damaged) => ({
      kept: insertAll(database, soundEvents(damaged)),
      environments: copyEnvironments(damaged, database),
    }));
    const kept = copied?.kept ?? 0;
    const lost = usingDatabase(source, (damaged) => seenAfter(damaged, kept)) ?? { seqs: [], tasks: [] };
    const environmentsLost = countMissingEnvironments(database);
    database.pragma('wal_checkpoint(TRUNCATE)');
    return { kept, lost, environmentsLost };
  } finally {
    database.close();
  }
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
    for (const [key, entries] of rows) if (isEnvironment(entries)) insertEnvironment.run(key, entries);
  } catch {
    // The rest of the table is damaged: how many are missing is counted by the tasks that had them.
  }
}

function isEnvironment(entries: string): boolean {
  try {
    return Array.isArray(JSON.parse(entries));
  } catch {
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

/**
 * Puts the new journal into its place. First the old write-ahead log goes, which would be read into the new file; a
 * crash in between leaves the damaged journal with both of them aside.
 */
function replace(path: string, { restored }: { restored: string }): void {
  sync(restored);
  rmSync(`${path}-wal`, { force: true });
  rmSync(`${path}-shm`, { force: true });
  passCrashPoint('salvage.log-removed');
  renameSync(restored, path);
  passCrashPoint('salvage.replaced');
  sync(dirname(path));
}

function copyDatabase(from: string, to: string): void {
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

/** Null where it cannot even be opened. */
function usingDatabase<T>(path: string, use: (database: Database) => T): T | null {
  let database: Database | null = null;
  try {
    database = openForReading(path);
    return use(database);
  } catch (error) {
    if (database === null) return null;
    throw error;
  } finally {
    database?.close();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
