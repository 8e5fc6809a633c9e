import { closeSync, copyFileSync, existsSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { type Database, openDatabase, openForReading } from './database.ts';
import type { Microseconds } from './events.ts';
import { migrate } from './migrate.ts';
import { soundEvents } from './sound-events.ts';

export interface MigrationOptions {
  readonly migrationsFolder: string;
  readonly now: () => Microseconds;
  readonly ghostVersion: string;
}

/** The size of every page that ghost ever wrote: SQLite's default. */
const pageBytes = 4096;
const headerBytes = 100;

/**
 * A copy of the damaged journal that SQLite opens, with its write-ahead log. Where its first bytes are damaged, those of
 * an empty journal are tried in their place, and then its whole first page: whether that was right, the chain tells.
 */
export async function readableCopy(
  path: string,
  { folder, ...options }: MigrationOptions & { folder: string },
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

function copyDatabase(from: string, to: string): void {
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}

export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

/** Null where it cannot even be opened. */
export function usingDatabase<T>(path: string, use: (database: Database) => T): T | null {
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
