import type { EventRow } from './codec.ts';
import type { Database } from './database.ts';

const columns = 'seq, at, type, task, v, actor, data, hash';

/** Every statement of the journal, prepared once. Rows of events are arrays, in the order of the codec. */
export function prepareStatements(database: Database): ReturnType<typeof prepare> {
  return prepare(database);
}

function prepare(database: Database) {
  const events = <P extends unknown[]>(sql: string) => database.prepare<P, EventRow>(sql).raw();
  return {
    insert: database.prepare<[...EventRow, string | null]>(
      `INSERT INTO events (${columns}, once) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    last: events<[]>(`SELECT ${columns} FROM events ORDER BY seq DESC LIMIT 1`),
    read: events<[number, number]>(`SELECT ${columns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`),
    readTask: events<[number]>(`SELECT ${columns} FROM events WHERE task = ? ORDER BY seq`),
    findOnce: events<[string]>(`SELECT ${columns} FROM events WHERE once = ?`),
    lastDaemonEvent: events<[]>(
      `SELECT ${columns} FROM events WHERE task IS NULL AND type IN ('DaemonStarted', 'DaemonStopped')
       ORDER BY seq DESC LIMIT 1`,
    ),
    readOnce: events<[string, string, number]>(
      `SELECT ${columns} FROM events WHERE once >= ? AND once < ? AND seq > ? ORDER BY once`,
    ),
    lastCleanStop: database
      .prepare<[], [number | null]>("SELECT max(seq) FROM events WHERE task IS NULL AND type = 'DaemonStopped'")
      .raw(),
    lastTask: database.prepare<[], [number | null]>('SELECT max(task) FROM events WHERE task IS NOT NULL').raw(),
    insertEnvironment: database.prepare<[string, string]>(
      'INSERT INTO environments (hash, entries) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    environment: database.prepare<[string], [string]>('SELECT entries FROM environments WHERE hash = ?').raw(),
  };
}
