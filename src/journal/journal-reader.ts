import { type EventRow, eventColumns } from './codec.ts';
import { type Database, type Statement, openForReading } from './database.ts';
import { daemonEventTypes } from './event-versions.ts';

/** A row of `events` with the key of the fact, which is not part of the chain. */
export type StoredRow = [...EventRow, once: string | null];

/** Which events are looked for. Null: whichever. Times are microseconds since 1970. */
interface EventQuery {
  readonly tasks: readonly number[] | null;
  readonly types: readonly string[] | null;
  /** At that time or later, before that time. */
  readonly since: number | null;
  readonly until: number | null;
}

/** An event of which something besides the events remembers that it was recorded, and everything before it. */
export interface KnownEnd {
  readonly seq: number;
  readonly hash: string;
  /** Whether it is the last: nothing can have been recorded after it. */
  readonly isLast: boolean;
}

/**
 * A journal that is read beside whoever writes it, over a connection of its own: for what looks at very many events and
 * must be able to stop in between. Every question is one synchronous look at what is committed at that moment.
 */
export class JournalReader implements Disposable {
  readonly #database: Database;
  readonly #asked = new Map<string, Statement>();

  /** @throws GhostError `journal-unusable`. */
  constructor(path: string) {
    this.#database = openForReading(path);
  }

  /** The places of the first and the last event; null where there is none. */
  ends(): { readonly first: number; readonly last: number } | null {
    const [first, last] = this.#ask<[], [number | null, number | null]>(
      'SELECT (SELECT min(seq) FROM events), (SELECT max(seq) FROM events)',
    ).get() ?? [null, null];
    return first === null || last === null ? null : { first, last };
  }

  /** The event that the read models were folded to, in the same transactions that appended; null where there are none. */
  foldedTo(): KnownEnd | null {
    const tables = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'read_models'";
    if (this.#ask<[], [number]>(tables).get() === undefined) return null;
    const [seq, hash] =
      this.#ask<[], [number, string]>('SELECT seq, hash FROM read_models ORDER BY seq DESC').get() ?? [];
    // Those that are being folded anew are behind.
    return seq === undefined || hash === undefined ? null : { seq, hash, isLast: false };
  }

  /** The event at a place, as it stands there. */
  row(seq: number): StoredRow | null {
    return this.#ask<[number], StoredRow>(`SELECT ${eventColumns}, once FROM events WHERE seq = ?`).get(seq) ?? null;
  }

  /** Whether a fact is recorded (see `onceKey`). */
  hasOnce(key: string): boolean {
    return this.#ask<[string], [number]>('SELECT 1 FROM events WHERE once = ?').get(key) !== undefined;
  }

  hasEnvironment(hash: string): boolean {
    return this.#ask<[string], [number]>('SELECT 1 FROM environments WHERE hash = ?').get(hash) !== undefined;
  }

  /**
   * Visits the rows of (after, through] with the keys of the facts, until `visit` says that it was enough.
   * @returns the place to go on after; `through` where all were visited.
   */
  walk({ after, through }: { after: number; through: number }, visit: (row: StoredRow) => boolean): number {
    const rows = this.#ask<[number, number], StoredRow>(
      `SELECT ${eventColumns}, once FROM events WHERE seq > ? AND seq <= ? ORDER BY seq`,
    );
    for (const row of rows.iterate(after, through)) if (!visit(row)) return row[0];
    return through;
  }

  /** The environments after one, by their hashes, until `visit` says that it is enough. */
  walkEnvironments({ after }: { after: string }, visit: (hash: string, text: string) => boolean): void {
    const rows = this.#ask<[string], [string, string]>(
      'SELECT hash, entries FROM environments WHERE hash > ? ORDER BY hash',
    );
    for (const [hash, text] of rows.iterate(after)) if (!visit(hash, text)) return;
  }

  /** How to go through the events of a range that fit, forwards or backwards. */
  search(query: EventQuery): EventSearch {
    const conditions: string[] = [];
    const values: (number | string)[] = [];
    const add = (condition: string, ...given: readonly (number | string)[]): void => {
      conditions.push(` AND ${condition}`);
      values.push(...given);
    };
    const { tasks, types, since, until } = query;
    if (tasks !== null) add(`task IN (${tasks.map(() => '?').join(', ')})`, ...tasks);
    // Of those about the daemon there are few, and an index.
    if (types?.every((type) => daemonEventTypes.some((known) => known === type)) === true) add('task IS NULL');
    if (types !== null) add(`type IN (${types.map(() => '?').join(', ')})`, ...types);
    if (since !== null) add('at >= ?', since);
    if (until !== null) add('at < ?', until);
    const where = `FROM events WHERE seq > ? AND seq <= ?${conditions.join('')} ORDER BY seq`;
    const forwards = this.#prepare<(number | string)[], EventRow>(`SELECT ${eventColumns} ${where}`);
    const backwards = this.#prepare<(number | string)[], [number, string]>(`SELECT seq, actor ${where} DESC`);
    return {
      forwards: ({ after, through }) => forwards.iterate(after, through, ...values),
      backwards: ({ after, through }) => backwards.iterate(after, through, ...values),
    };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Each question is prepared once. */
  #ask<P extends unknown[], R>(sql: string): Statement<P, R> {
    const known = this.#asked.get(sql) as Statement<P, R> | undefined;
    if (known !== undefined) return known;
    const statement = this.#prepare<P, R>(sql);
    this.#asked.set(sql, statement);
    return statement;
  }

  #prepare<P extends unknown[], R>(sql: string): Statement<P, R> {
    return this.#database.prepare<P, R>(sql).raw();
  }
}

/** The rows that fit in (after, through]. An iterator must be at its end, or left, before anything else is asked. */
export interface EventSearch {
  forwards(range: { readonly after: number; readonly through: number }): Iterable<EventRow>;
  backwards(range: { readonly after: number; readonly through: number }): Iterable<[seq: number, actor: string]>;
}
