import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import type { GhostHome } from './ghost-home.ts';

/** Overwrites a part of a home's journal with what is nothing. */
export function damage(home: GhostHome, { at, bytes }: { at: number; bytes: number }): void {
  const descriptor = openSync(join(home.path, 'tasks.db'), 'r+');
  try {
    writeSync(descriptor, Buffer.alloc(bytes, 0xa5), 0, bytes, at);
  } finally {
    closeSync(descriptor);
  }
}

/** Changes the journal as somebody with the sqlite3 shell would, triggers or not. */
export function tamper(home: GhostHome, sql: string): void {
  const database = new Database(join(home.path, 'tasks.db'));
  try {
    for (const { name } of database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .all()) {
      database.exec(`DROP TRIGGER ${name}`);
    }
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** The same, so that it lies in the write-ahead log: who closes a database last folds that into the file, and a reader cannot. */
export function tamperInLog(home: GhostHome, sql: string): void {
  const reader = new Database(join(home.path, 'tasks.db'), { readonly: true });
  try {
    reader.pragma('schema_version');
    tamper(home, sql);
  } finally {
    reader.close();
  }
}

/** Where damaged journals of a home were put aside, the oldest first. */
export function damagedFolders(home: GhostHome): readonly string[] {
  return readdirSync(home.path)
    .filter((name) => name.startsWith('tasks.db.damaged-'))
    .toSorted();
}

/** The events as they are compared with those of before: a restored one is chained to others. */
export function factsOf(home: GhostHome): readonly {
  readonly seq: number;
  readonly type: string;
  readonly task: number | null;
  readonly data: Record<string, unknown>;
}[] {
  return home.events().map(({ seq, type, task, data }) => ({ seq, type, task, data }));
}
