import { type EventRow, eventColumns } from './codec.ts';
import type { Database, Statement } from './database.ts';

/** Everything that the journal ever asks of its database, prepared once. */
export interface Statements {
  readonly insert: Statement<[...EventRow, once: string | null]>;
  readonly last: Statement<[], EventRow>;
  readonly read: Statement<[after: number, limit: number], EventRow>;
  readonly readTask: Statement<[task: number], EventRow>;
  readonly findOnce: Statement<[key: string], EventRow>;
  /** 1 where that fact is recorded. */
  readonly isOnce: Statement<[key: string], number>;
  readonly readOnce: Statement<[from: string, before: string, after: number], EventRow>;
  readonly readType: Statement<[after: number, to: number, type: string], EventRow>;
  readonly lastDaemonEvent: Statement<[], EventRow>;
  readonly lastCleanStop: Statement<[], [number | null]>;
  readonly lastTask: Statement<[], [number | null]>;
  readonly lastRestored: Statement<[], [number | null]>;
  readonly insertEnvironment: Statement<[hash: string, entries: string]>;
}

export function prepareStatements(database: Database): Statements {
  const events = <P extends unknown[]>(sql: string) => database.prepare<P, EventRow>(sql).raw();
  return {
    insert: database.prepare<[...EventRow, string | null]>(
      `INSERT INTO events (${eventColumns}, once) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    last: events<[]>(`SELECT ${eventColumns} FROM events ORDER BY seq DESC LIMIT 1`),
    read: events<[number, number]>(`SELECT ${eventColumns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`),
    readTask: events<[number]>(`SELECT ${eventColumns} FROM events WHERE task = ? ORDER BY seq`),
    findOnce: events<[string]>(`SELECT ${eventColumns} FROM events WHERE once = ?`),
    isOnce: database.prepare<[string], number>('SELECT 1 FROM events WHERE once = ?').pluck(),
    readOnce: events<[string, string, number]>(
      `SELECT ${eventColumns} FROM events WHERE once >= ? AND once < ? AND seq > ? ORDER BY once`,
    ),
    readType: events<[number, number, string]>(
      `SELECT ${eventColumns} FROM events WHERE seq > ? AND seq <= ? AND type = ? ORDER BY seq`,
    ),
    lastDaemonEvent: events<[]>(
      `SELECT ${eventColumns} FROM events WHERE task IS NULL AND type IN ('DaemonStarted', 'DaemonStopped')
       ORDER BY seq DESC LIMIT 1`,
    ),
    lastCleanStop: database
      .prepare<[], [number | null]>("SELECT max(seq) FROM events WHERE task IS NULL AND type = 'DaemonStopped'")
      .raw(),
    lastTask: database
      .prepare<[], [number | null]>(
        `SELECT max(
           coalesce((SELECT max(task) FROM events WHERE task IS NOT NULL), 0),
           coalesce((SELECT max(data ->> 'lastTask') FROM events WHERE task IS NULL AND type = 'JournalRestored'), 0)
         )`,
      )
      .raw(),
    lastRestored: database
      .prepare<[], [number | null]>("SELECT max(seq) FROM events WHERE task IS NULL AND type = 'JournalRestored'")
      .raw(),
    insertEnvironment: database.prepare<[string, string]>(
      'INSERT INTO environments (hash, entries) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
  };
}
