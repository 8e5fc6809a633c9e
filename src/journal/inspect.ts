import { lstatSync, readdirSync } from 'node:fs';

import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { quoteWord } from '../shell-quote.ts';
import { checkTail } from './chain-check.ts';
import { type EventRow, eventColumns } from './codec.ts';
import { type Database, openForReading, sqliteErrorCode } from './database.ts';
import type { JournalEvent, Microseconds } from './events.ts';
import { type ChainEnd, soundEvents } from './sound-events.ts';

/** What a look at a journal found. Nothing is changed for it. */
export interface Inspection {
  /** The events that hold, from the first. */
  readonly events: number;
  /** When the last of them was appended. */
  readonly lastAt: Microseconds | null;
  /** Migrations that are yet to be made: an older ghost wrote it. */
  readonly migrationsMissing: number;
  readonly defect: JournalDefect | null;
}

type JournalDefect =
  /** SQLite cannot read all of it: no daemon can work with it for long. */
  | { readonly kind: 'damaged'; readonly message: string }
  /**
   * SQLite can, but an event is not what was appended. `last`: the last event that there is; `refused`: no daemon opens
   * the journal, because it sees that, or another such event, in the tail that it checks.
   */
  | {
      readonly kind: 'changed';
      readonly message: string;
      readonly seq: number;
      readonly last: number;
      readonly refused: boolean;
    }
  /** The file cannot be opened or read, which says nothing of what is in it: permissions, a full disk. */
  | { readonly kind: 'closed'; readonly message: string; readonly hint: string }
  | { readonly kind: 'newer'; readonly message: string; readonly hint: string };

/** Gets each event that holds, and the number of the last one that there is. */
type OnEvent = (event: JournalEvent, place: { readonly last: number }) => void;

const upgrade = 'npm install -g ghost-journal@latest';

/**
 * Looks at a whole journal: whether SQLite finds its file sound, its migrations are known, and the chain holds from the
 * first event to the last. Null where there is no journal.
 */
export function inspectJournal(
  path: string,
  { migrationsFolder, onEvent }: { migrationsFolder: string; onEvent: OnEvent },
): Inspection | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.isSymbolicLink()) {
    const defect: JournalDefect = {
      kind: 'closed',
      message: `${path} is a symbolic link, and ghost follows none in its folder`,
      hint: `ls -l ${quoteWord(path)}  and put the journal itself there`,
    };
    return { events: 0, lastAt: null, migrationsMissing: 0, defect };
  }
  let database: Database;
  try {
    database = openForReading(path);
  } catch (error) {
    return { events: 0, lastAt: null, migrationsMissing: 0, defect: openingDefect(error) };
  }
  try {
    return inspect(database, { migrationsFolder, onEvent });
  } finally {
    database.close();
  }
}

function openingDefect(error: unknown): JournalDefect {
  if (!(error instanceof GhostError)) throw error;
  const { message, hint, cause } = error;
  const code = sqliteErrorCode(cause) ?? '';
  return /^SQLITE_(?:NOTADB|CORRUPT)/.test(code) ? { kind: 'damaged', message } : { kind: 'closed', message, hint };
}

function inspect(
  database: Database,
  { migrationsFolder, onEvent }: { migrationsFolder: string; onEvent: OnEvent },
): Inspection {
  const state: { events: number; lastAt: Microseconds | null } = { events: 0, lastAt: null };
  let migrations: MigrationState;
  let quick: string;
  let last = 0;
  try {
    migrations = migrationsOf(database, migrationsFolder);
    if (!migrations.none) last = lastSeq(database);
    quick = String(database.pragma('quick_check(1)', { simple: true }));
  } catch (error) {
    migrations = { missing: 0, foreign: null, none: false };
    quick = messageOf(error);
  }
  const about = (defect: JournalDefect | null): Inspection => ({
    ...state,
    migrationsMissing: migrations.missing,
    defect,
  });
  if (migrations.foreign !== null) {
    const { name, ghost } = migrations.foreign;
    const message = `it was written by ghost ${ghost}, which is newer than this one (it has ${name})`;
    return about({ kind: 'newer', message, hint: upgrade });
  }
  // Nothing was ever written into it: the next daemon sets it up.
  if (migrations.none) return about(null);
  const broken = walk(database, (event) => {
    state.events = event.seq;
    state.lastAt = event.at;
    onEvent(event, { last });
  });
  // Damage in another place of the file is damage as well; where it hits an event, that is the better sentence.
  if (broken?.kind === 'unreadable') return about({ kind: 'damaged', message: broken.message });
  if (quick !== 'ok') return about({ kind: 'damaged', message: `SQLite finds it damaged: ${firstDamage(quick)}` });
  if (broken === null) return about(null);
  const { kind, seq, message } = broken;
  if (kind === 'newer') return about({ kind, message, hint: upgrade });
  last = lastSeq(database);
  return about({ kind: 'changed', message, seq, last, refused: isRefused(database, last) });
}

function walk(database: Database, onEvent: (event: JournalEvent) => void): ChainEnd | null {
  const chain = soundEvents(database);
  for (;;) {
    const step = chain.next();
    if (step.done === true) return step.value;
    onEvent(step.value.event);
  }
}

function isRefused(database: Database, last: number): boolean {
  // Its own statement, so that a journal of an older migration is read too.
  const read = database
    .prepare<[number, number], EventRow>(`SELECT ${eventColumns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`)
    .raw();
  try {
    checkTail((after, limit) => read.all(after, limit), { lastSeq: last, path: database.name });
    return false;
  } catch (error) {
    if (error instanceof GhostError) return true;
    throw error;
  }
}

interface MigrationState {
  readonly missing: number;
  readonly foreign: { readonly name: string; readonly ghost: string } | null;
  /** Not even the first. */
  readonly none: boolean;
}

function migrationsOf(database: Database, folder: string): MigrationState {
  const known = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  const tables = database.prepare<[], [string]>("SELECT name FROM sqlite_schema WHERE type = 'table'").raw().all();
  if (!tables.some(([name]) => name === 'migrations')) {
    if (tables.length > 0) throw new GhostError('journal-unusable', 'it is a database, but none of ghost’s');
    return { missing: known.length, foreign: null, none: true };
  }
  const applied = database.prepare<[], { name: string; ghost: string }>('SELECT name, ghost FROM migrations').all();
  const foreign = applied.find(({ name }) => !known.includes(name)) ?? null;
  return { missing: known.length - applied.length, foreign, none: applied.length === 0 };
}

function lastSeq(database: Database): number {
  return database.prepare<[], [number | null]>('SELECT max(seq) FROM events').raw().get()?.[0] ?? 0;
}

/** The first that SQLite names, behind the line in which it names the database. */
function firstDamage(text: string): string {
  return text.split('\n').find((line) => !line.startsWith('***')) ?? text;
}
