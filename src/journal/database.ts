import { existsSync, rmSync } from 'node:fs';
import { basename } from 'node:path';

import Database from 'better-sqlite3';

import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';

/** The one door to SQLite. Everything else that needs a database gets these types. */
export type { Database, Statement } from 'better-sqlite3';

/**
 * What SQLite keeps of a journal in memory, for each connection. The default of better-sqlite3 is 16 MB, which fill as
 * the journal grows; the system keeps the file's pages in memory anyway.
 */
const cacheKib = 4 * 1024;

/**
 * Opens the journal's database: WAL, so that others may read it at any time; FULL, because better-sqlite3 is built
 * to fall back to NORMAL on a file that is already in WAL (its docs/compilation.md).
 * @throws GhostError `journal-unusable` naming the file and what to do.
 */
export function openDatabase(path: string): Database.Database {
  let database: Database.Database | null = null;
  try {
    database = new Database(path);
    database.pragma('busy_timeout = 5000');
    database.pragma(`cache_size = -${cacheKib}`);
    database.pragma('journal_mode = WAL');
    database.pragma('trusted_schema = OFF');
    database.pragma('foreign_keys = ON');
    setSynchronous(database, 'FULL');
    return database;
  } catch (error) {
    database?.close();
    throw unusable(path, error);
  }
}

/**
 * Loads SQLite, which is native code.
 * @throws the system's error where it cannot be loaded here.
 */
export function checkSqlite(): void {
  new Database(':memory:').close();
}

/**
 * Opens a journal to look at it and to change nothing, beside a daemon or without one.
 * @throws GhostError `journal-unusable`, as `openDatabase` does; also where there is none.
 */
export function openForReading(path: string): Database.Database {
  let database: Database.Database | null = null;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    database.pragma('busy_timeout = 5000');
    database.pragma(`cache_size = -${cacheKib}`);
    database.pragma('trusted_schema = OFF');
    // The first that reads: what is no database says so here.
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database?.close();
    throw unusable(path, error);
  }
}

/** A new database that only this process needs and only for now: nothing of it has to survive a crash. */
export function openScratch(path: string): Database.Database {
  rmSync(path, { force: true });
  const database = new Database(path);
  database.pragma('journal_mode = MEMORY');
  database.pragma('synchronous = OFF');
  return database;
}

/** How durable the next commits are: FULL survives a power cut, NORMAL a crash of this process. */
export function setSynchronous(database: Database.Database, level: 'FULL' | 'NORMAL'): void {
  database.pragma(`synchronous = ${level}`);
  const wanted = level === 'FULL' ? 2 : 1;
  const is = database.pragma('synchronous', { simple: true });
  if (is !== wanted) throw new Error(`SQLite did not take synchronous = ${level}: it says ${String(is)}`);
}

/** SQLite's own name of an error, such as `SQLITE_FULL`, or null where it is none of SQLite's. */
export function sqliteErrorCode(error: unknown): string | null {
  return error instanceof Database.SqliteError ? error.code : null;
}

/** A lock that only the kernel gives and takes: freed by SIGKILL, kept through SIGSTOP and sleep. */
export interface KernelLock extends Disposable {
  readonly path: string;
}

// A better-sqlite3 object that nobody refers to is closed by the collector, and the lock with it (RELIABILITY 3.13).
const heldForLife = new Set<Database.Database>();

/**
 * Takes the lock of a file for as long as this process lives, or gives null where another process has it. POSIX locks
 * drop when any descriptor of the file is closed (fcntl(2)), so nothing else in this process may open it.
 */
export function takeKernelLock(path: string): KernelLock | null {
  let database: Database.Database | null = null;
  try {
    database = new Database(path, { timeout: 0 });
    // Nothing is ever written: MEMORY leaves no journal file, so that it works on a full disk.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const code = sqliteErrorCode(error);
    if (code !== null && code.startsWith('SQLITE_BUSY')) return null;
    if (code !== 'SQLITE_NOTADB') throw unusable(path, error);
    // Nothing is ever in it.
    throw new GhostError('journal-unusable', `${path} is not a lock of ghost's`, { hint: `rm ${path}`, cause: error });
  }
  const held = database;
  heldForLife.add(held);
  return {
    path,
    [Symbol.dispose]: () => {
      heldForLife.delete(held);
      held.close();
    },
  };
}

/** What to type where a journal cannot be used: the damaged file is kept beside, and what holds of it is restored. */
export function restoreHint(path: string): string {
  return `ghost doctor --fix  (restores what holds of ${basename(path)}, and keeps the damaged file)`;
}

function unusable(path: string, error: unknown): GhostError {
  const code = sqliteErrorCode(error);
  const reason = messageOf(error);
  if (code === 'SQLITE_NOTADB') {
    return new GhostError('journal-unusable', `${path} is not an SQLite database`, {
      hint: restoreHint(path),
      cause: error,
    });
  }
  if (code !== null && code.startsWith('SQLITE_CORRUPT')) {
    return new GhostError('journal-unusable', `${path} is damaged: ${reason}`, {
      hint: restoreHint(path),
      cause: error,
    });
  }
  const failing = code !== null && code.startsWith('SQLITE_IOERR');
  return new GhostError('journal-unusable', `${path} cannot be ${existsSync(path) ? 'opened' : 'created'}: ${reason}`, {
    hint: failing ? 'sudo dmesg | tail  (says what the disk answered)' : `look at it with: ls -ld ${path}`,
    cause: error,
  });
}
