import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { GhostError } from '../ghost-error.ts';
import type { Database } from './database.ts';
import type { Microseconds } from './events.ts';
import type { OnOpening } from './journal-options.ts';
import { sync } from './put-in-place.ts';

/** So many pages are copied between two reports: a few milliseconds. */
const pagesAtOnce = 1_000;

/**
 * Brings a database to the newest migration of a folder of numbered SQL files, each in a transaction of its own and
 * recorded by name. A database that has data is backed up first, with SQLite's own backup call, beside itself.
 * @throws GhostError `journal-newer` where the database has a migration that this ghost does not know.
 */
export async function migrate(
  database: Database,
  {
    folder,
    now,
    ghostVersion,
    onOpening = () => undefined,
  }: { folder: string; now: () => Microseconds; ghostVersion: string; onOpening?: OnOpening },
): Promise<void> {
  database.exec(
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at INTEGER NOT NULL, ghost TEXT NOT NULL) STRICT',
  );
  const known = readdirSync(folder)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .toSorted();
  const applied = database
    .prepare<[], { name: string; ghost: string }>('SELECT name, ghost FROM migrations ORDER BY name')
    .all();
  const foreign = applied.find(({ name }) => !known.includes(name));
  if (foreign !== undefined) {
    throw new GhostError(
      'journal-newer',
      `the journal ${database.name} was written by ghost ${foreign.ghost}, which is newer than this ${ghostVersion}`,
      { hint: 'npm install -g ghost-journal@latest' },
    );
  }
  const missing = known.slice(applied.length);
  const last = applied.at(-1);
  if (missing.length > 0 && last !== undefined) await backUp(database, last.name.slice(0, 4), onOpening);
  const record = database.prepare('INSERT INTO migrations (name, at, ghost) VALUES (?, ?, ?)');
  for (const [index, name] of missing.entries()) {
    onOpening({ step: 'migration', done: index, total: missing.length });
    database.transaction(() => {
      database.exec(readFileSync(join(folder, name), 'utf8'));
      record.run(name, now(), ghostVersion);
    })();
    passCrashPoint('journal.migrated');
  }
}

/**
 * `tasks.db.before-0001`, complete or not there: a backup that a crash cut short is made anew. It takes the place of the
 * one before it, since each is as large as the journal.
 */
async function backUp(database: Database, lastMigration: string, onOpening: OnOpening): Promise<void> {
  const target = `${database.name}.before-${lastMigration}`;
  if (existsSync(target)) return;
  const partial = `${target}.tmp`;
  rmSync(partial, { force: true });
  await database.backup(partial, {
    progress: ({ totalPages, remainingPages }) => {
      onOpening({ step: 'backup', done: totalPages - remainingPages, total: totalPages });
      return pagesAtOnce;
    },
  });
  passCrashPoint('journal.backed-up');
  renameSync(partial, target);
  const folder = dirname(target);
  // The one before it goes only when this one is there for certain.
  sync(folder);
  const isBackup = (name: string): boolean => name.startsWith(`${basename(database.name)}.before-`);
  for (const name of readdirSync(folder).filter(isBackup)) {
    if (name !== basename(target)) rmSync(join(folder, name));
  }
}
