import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

import { passCrashPoint } from '../crash-point.ts';
import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { type Database, openDatabase, type Statement } from './database.ts';
import {
  type EncodedEnvironment,
  type EnvironmentPair,
  type StoredPair,
  decodeEnvironment,
  encodeEnvironment,
  isRedacted,
  storedText,
} from './environments.ts';
import type { EventDraft } from './events.ts';
import { sync } from './put-in-place.ts';

/** How the journal lets this file write: at once, and together with an event. */
interface Writer {
  /** Commits what is waiting. */
  flush(): void;
  append(
    drafts: readonly EventDraft[],
    options: { readonly durability: 'full'; readonly within: (database: Database) => void },
  ): Promise<unknown>;
}

/** How often, and how many times, a write-ahead log is tried to be emptied that another program is reading. */
const emptyTryMs = 100;
const emptyTriesMax = 50;

/** So many submissions are looked at in one go: some milliseconds. */
const submissionsAtOnce = 500;

interface EnvironmentRow {
  readonly hash: string;
  readonly entries: string;
}

/** The environments of all tasks, and how a value is taken out of them for good. */
export class EnvironmentStore {
  readonly #database: Database;
  readonly #journal: Writer;
  readonly #find: Statement<[hash: string], [string]>;
  /** How many of this program's own keep the journal's old pages. */
  #rebuilds = 0;
  #rebuilt = Promise.withResolvers<void>();

  constructor(database: Database, journal: Writer) {
    this.#database = database;
    this.#journal = journal;
    this.#find = database.prepare<[string], [string]>('SELECT entries FROM environments WHERE hash = ?').raw();
  }

  /** @returns null where that environment is not in the store. */
  read(hash: string): readonly StoredPair[] | null {
    const text = this.#text(hash);
    return text === null ? null : decodeEnvironment(text);
  }

  /** The form in which an environment is stored. Never one that is there already and has lost a value. */
  encode(entries: readonly EnvironmentPair[]): EncodedEnvironment {
    for (let spaces = 0; ; spaces += 1) {
      const encoded = encodeEnvironment(entries, { spaces });
      const known = this.#text(encoded.hash);
      if (known === null || known === encoded.text) return encoded;
    }
  }

  /**
   * To be held by a rebuild of the read models, which reads the journal as it was when it began: until it is disposed of,
   * no byte goes from the write-ahead log, and a value that is to be taken out of the store has to wait.
   */
  keepPages(): Disposable {
    if (this.#rebuilds === 0) this.#rebuilt = Promise.withResolvers<void>();
    this.#rebuilds += 1;
    return {
      [Symbol.dispose]: () => {
        this.#rebuilds -= 1;
        if (this.#rebuilds === 0) this.#rebuilt.resolve();
      },
    };
  }

  /**
   * Removes the value that a variable has in an environment from all that have that variable with that value, so that
   * its bytes are in no file of the journal any more: not in its free pages, its write-ahead log or its backups. The
   * event is of the same transaction. A value that was removed before is looked after once more, and no event written.
   * @param redaction.draft the event, which names the environments that had the value, by their hashes.
   * @returns those hashes; null where the environment has no such variable, or is not in the store.
   * @throws GhostError `journal-write-failed` where a backup cannot be changed (nothing was removed then), or another
   *   program reads the journal and keeps the bytes from going: asked again, they go. A rebuild of the read models keeps
   *   them too, and is waited for.
   */
  async redact({ hash, name, draft }: Redaction): Promise<readonly string[] | null> {
    while (this.#rebuilds > 0) await this.#rebuilt.promise;
    this.#journal.flush();
    const values = (this.read(hash) ?? []).filter(([known]) => known === name).map(([, value]) => value);
    if (values.length === 0) return null;
    const secrets = values.filter((value) => !isRedacted(value)).map((value): StoredPair => [name, value]);
    // First, while the value is known: after a crash in between it would not be any more.
    if (secrets.length > 0) for (const path of this.#backups()) redactBackup(path, secrets);
    passCrashPoint('change.redacting');
    const rows = redactedRows(this.#database, secrets);
    if (rows.length > 0) await this.#record(draft(rows.map((row) => row.hash)), rows);
    passCrashPoint('change.redacted');
    await this.#emptyLog();
    return rows.map((row) => row.hash);
  }

  /** Takes the old pages out of the write-ahead log. @throws GhostError `journal-write-failed` */
  async #emptyLog(): Promise<void> {
    const database = this.#database;
    for (let tries = 1; ;) {
      // Not waited for inside of SQLite, where the whole daemon would stand still.
      database.pragma('busy_timeout = 0');
      try {
        if (isEmptied(database)) {
          // SQLite truncates the log and does not bring that to the disk: after a power cut the bytes would be back.
          sync(`${database.name}-wal`);
          return;
        }
      } finally {
        database.pragma('busy_timeout = 5000');
      }
      if (this.#rebuilds > 0) await this.#rebuilt.promise;
      else if (tries === emptyTriesMax) throw whileRead(database);
      else tries += 1;
      await sleep(emptyTryMs);
    }
  }

  /**
   * How many tasks were given one of these environments. In slices, with everybody else's turn between two of them: there
   * may be a million submissions to be looked at.
   */
  async tasksWith(hashes: readonly string[]): Promise<number> {
    // By the index of what happens once, in which all submissions lie together.
    const next = this.#database
      .prepare<[string, string], [once: string, isOne: number]>(
        `SELECT once, type = 'TaskSubmitted' AND json_extract(data, '$.environmentHash') IN (SELECT value FROM json_each(?))
         FROM events WHERE once > ? AND once < 'request;' ORDER BY once LIMIT ${submissionsAtOnce}`,
      )
      .raw();
    const wanted = JSON.stringify(hashes);
    let count = 0;
    for (let after = 'request:'; ;) {
      const rows = next.all(wanted, after);
      for (const [, isOne] of rows) count += isOne;
      const last = rows.at(-1);
      if (last === undefined || rows.length < submissionsAtOnce) return count;
      [after] = last;
      await setImmediate();
    }
  }

  async #record(event: EventDraft, rows: readonly EnvironmentRow[]): Promise<void> {
    this.#database.pragma('secure_delete = ON');
    try {
      const appended = this.#journal.append([event], {
        durability: 'full',
        within: (database) => {
          rewrite(database, rows);
        },
      });
      this.#journal.flush();
      await appended;
    } finally {
      this.#database.pragma('secure_delete = OFF');
    }
  }

  #text(hash: string): string | null {
    const row = this.#find.get(hash);
    return row === undefined ? null : row[0];
  }

  /** The copies that were made before migrations. */
  #backups(): readonly string[] {
    const folder = dirname(this.#database.name);
    const prefix = `${basename(this.#database.name)}.before-`;
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix) && /^\d{4}$/.test(name.slice(prefix.length)))
      .map((name) => join(folder, name));
  }
}

interface Redaction {
  /** The environment that has the value. */
  readonly hash: string;
  readonly name: string;
  readonly draft: (environments: readonly string[]) => EventDraft;
}

/** The rows that have one of these entries, as they are to be. */
function redactedRows(database: Database, secrets: readonly StoredPair[]): readonly EnvironmentRow[] {
  const found = database.prepare<[string], EnvironmentRow>(
    'SELECT hash, entries FROM environments WHERE instr(entries, ?) > 0',
  );
  const rows = new Map<string, EnvironmentRow>();
  for (const secret of secrets) {
    // Without the brackets around the array. Inside a value, its quotes would have backslashes before them.
    const wanted = storedText([secret]).slice(1, -1);
    for (const { hash, entries } of found.all(wanted)) {
      const before = rows.get(hash)?.entries ?? entries;
      const after = decodeEnvironment(before).map((pair): StoredPair =>
        storedText([pair]).slice(1, -1) === wanted ? [pair[0], { redacted: true }] : pair,
      );
      rows.set(hash, { hash, entries: storedText(after) });
    }
  }
  return [...rows.values()];
}

/**
 * Changes rows, and moves the whole table to new pages: where the tree was balanced, copies of cells can have stayed
 * behind in the gaps of its pages, which only the end of a page wipes (PRAGMA secure_delete, which has to be on).
 */
function rewrite(database: Database, rows: readonly EnvironmentRow[]): void {
  const update = database.prepare<[string, string]>('UPDATE environments SET entries = ? WHERE hash = ?');
  for (const { hash, entries } of rows) update.run(entries, hash);
  const table = database
    .prepare<[], [string]>("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'environments'")
    .raw()
    .get();
  if (table === undefined) throw new Error('the journal has no table of environments');
  database.exec('ALTER TABLE environments RENAME TO environments_before');
  database.exec(table[0]);
  database.exec('INSERT INTO environments (hash, entries) SELECT hash, entries FROM environments_before ORDER BY hash');
  database.exec('DROP TABLE environments_before');
}

function redactBackup(path: string, secrets: readonly StoredPair[]): void {
  try {
    const backup = openDatabase(path);
    try {
      backup.pragma('secure_delete = ON');
      const rows = redactedRows(backup, secrets);
      if (rows.length === 0) return;
      backup.transaction(() => {
        rewrite(backup, rows);
      })();
      if (!isEmptied(backup)) throw new Error('another program is reading it');
      sync(`${path}-wal`);
    } finally {
      backup.close();
    }
  } catch (error) {
    const reason = messageOf(error);
    throw new GhostError(
      'journal-write-failed',
      `the value may be in the backup ${path} as well, which cannot be changed: ${reason}; nothing was removed`,
      { hint: `rm ${path}   and then the same again`, cause: error },
    );
  }
}

function whileRead(database: Database): GhostError {
  return new GhostError(
    'journal-write-failed',
    `the value is removed, but another program is reading ${database.name}, and until it stops its bytes are in ` +
      `${database.name}-wal`,
    { hint: `fuser ${database.name}   tells which; end it, and then the same again` },
  );
}

function isEmptied(database: Database): boolean {
  return database.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) === 0;
}
