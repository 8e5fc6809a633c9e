import { statSync } from 'node:fs';

import { GhostError } from '../ghost-error.ts';
import { checkChain } from './chain-check.ts';
import { decodeEvent, encodeEvent, genesisHash } from './codec.ts';
import { type Database, openDatabase, setAside, setSynchronous, sqliteErrorCode } from './database.ts';
import { EnvironmentStore } from './environment-store.ts';
import type { EncodedEnvironment } from './environments.ts';
import type { EventDraft, JournalEvent, Microseconds, SequenceNumber, TaskId } from './events.ts';
import type { JournalOptions } from './journal-options.ts';
import { migrate } from './migrate.ts';
import { duplicateOf, onceKey } from './once-key.ts';
import type { EventReader, ReadModels } from './read-models.ts';
import { type Statements, prepareStatements } from './statements.ts';
import { isFull, writeFailure } from './write-failure.ts';

/** How many events one read returns at the most. */
export const readBatchMax = 2_000;
/** How much of the chain's tail is checked at each opening; `audit --verify` checks the whole. */
const tailChecked = 64;

export interface AppendOptions {
  /**
   * `full`: survives a power cut once the promise is kept; for what acknowledges a request, records an exit or must be
   * known before an effect. `normal`: survives a crash of the daemon.
   */
  readonly durability: 'full' | 'normal';
  /** Stored in the same transaction. */
  readonly environment?: EncodedEnvironment;
  /** Done in the same transaction, before the events. */
  readonly within?: (database: Database) => void;
}

/** A fact that can happen once was recorded before; nothing of its batch was appended. */
export class FactAlreadyRecorded extends Error {
  override readonly name = 'FactAlreadyRecorded';
  readonly key: string;
  constructor(key: string) {
    super(`already recorded: ${key}`);
    this.key = key;
  }
}

interface PendingBatch {
  readonly drafts: readonly EventDraft[];
  readonly options: AppendOptions;
  readonly resolve: (events: readonly JournalEvent[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The append-only log of everything that happened. Appends of one turn of the event loop are one transaction; every
 * batch in it is all or nothing. Reads see only what is committed.
 */
export class Journal implements Disposable, EventReader {
  readonly environments: EnvironmentStore;
  readonly #database: Database;
  readonly #now: () => Microseconds;
  readonly #onDamage: (error: GhostError) => void;
  readonly #onFull: () => boolean;
  readonly #statements: Statements;
  readonly #readModels: ReadModels | null;
  readonly #listeners = new Set<() => void>();
  #pending: PendingBatch[] = [];
  #flushScheduled = false;
  #lastSeq: number;
  #lastHash: string;
  #synchronous: 'FULL' | 'NORMAL' = 'FULL';

  private constructor(database: Database, { now, onDamage, onFull = () => false, readModels }: JournalOptions) {
    this.#database = database;
    this.#now = now;
    this.#onDamage = onDamage;
    this.#onFull = onFull;
    this.#statements = prepareStatements(database);
    this.environments = new EnvironmentStore(database, this);
    this.#readModels = readModels?.(database) ?? null;
    const last = this.#statements.last.get();
    this.#lastSeq = last === undefined ? 0 : last[0];
    this.#lastHash = last === undefined ? genesisHash : last[7];
  }

  /**
   * Opens the journal, bringing an older one up to date.
   * @throws GhostError `journal-unusable`, `journal-newer`.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    for (;;) {
      try {
        return await Journal.#open(options);
      } catch (error) {
        // Even to open it takes room, for the index of the write-ahead log.
        if (!(error instanceof GhostError && isFull(error.cause))) throw error;
        if (options.onFull?.() === true) continue;
        throw new GhostError('journal-unusable', `the disk is full: ${options.path} cannot be opened`, {
          hint: `make room (df -h ${options.path}), then try again`,
          cause: error,
        });
      }
    }
  }

  static async #open(options: JournalOptions): Promise<Journal> {
    const { path, migrationsFolder, now, ghostVersion } = options;
    const database = openDatabase(path);
    try {
      await migrate(database, { folder: migrationsFolder, now, ghostVersion });
      const journal = new Journal(database, options);
      checkChain(journal.#statements.read.all(Math.max(0, journal.#lastSeq - tailChecked - 1), tailChecked + 1), {
        path,
      });
      await journal.#readModels?.catchUp(journal);
      return journal;
    } catch (error) {
      database.close();
      if (error instanceof GhostError) throw error;
      throw new GhostError('journal-unusable', `${path} cannot be read: ${messageOf(error)}`, {
        hint: setAside(path),
        cause: error,
      });
    }
  }

  /**
   * Appends events, all or none. The promise is kept once they are committed and every listener has been told.
   * @throws FactAlreadyRecorded; GhostError `journal-write-failed` (a full disk, say): nothing was recorded.
   */
  append(drafts: readonly EventDraft[], options: AppendOptions): Promise<readonly JournalEvent[]> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ drafts, options, resolve, reject });
      if (this.#flushScheduled) return;
      this.#flushScheduled = true;
      setImmediate(() => {
        this.flush();
      });
    });
  }

  /** Commits now what is waiting, instead of at the end of this turn of the event loop. */
  flush(): void {
    this.#flushScheduled = false;
    const batches = this.#pending;
    this.#pending = [];
    if (batches.length === 0) return;
    const before = this.#lastSeq;
    let settle: readonly (() => void)[];
    try {
      settle = this.#commit(batches);
    } catch (error) {
      const failure = writeFailure(error);
      for (const { reject } of batches) reject(failure);
      const code = sqliteErrorCode(error);
      if (code !== null && !isFull(error) && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(code)) this.#onDamage(failure);
      return;
    }
    if (this.#lastSeq !== before) for (const listener of this.#listeners) listener();
    for (const done of settle) done();
  }

  /** Calls the listener after each commit that added events: a doorbell without data. Returns how to stop it. */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The committed events after a place, in order, at most `readBatchMax` at once. */
  read({ after }: { after: number }): readonly JournalEvent[] {
    if (after >= this.#lastSeq) return [];
    return this.#statements.read.all(after, readBatchMax).map(decodeEvent);
  }

  /** All events about one task, in order. */
  readTask(task: TaskId): readonly JournalEvent[] {
    return this.#statements.readTask.all(task).map(decodeEvent);
  }

  /** The event that recorded a fact (see `onceKey`), or null. */
  findOnce(key: string): JournalEvent | null {
    const row = this.#statements.findOnce.get(key);
    return row === undefined ? null : decodeEvent(row);
  }

  /** The facts whose key (see `onceKey`) begins so, and that were recorded after a place. In the order of their keys. */
  readOnce({ prefix, after }: { prefix: string; after: number }): readonly JournalEvent[] {
    return this.#statements.readOnce.all(prefix, `${prefix}\u{10ffff}`, after).map(decodeEvent);
  }

  /** The place of the last DaemonStopped: what came before it was done whole. 0 where there was none. */
  lastCleanStop(): number {
    return this.#statements.lastCleanStop.get()?.[0] ?? 0;
  }

  /** The last DaemonStarted or DaemonStopped, or null in a new journal. */
  lastDaemonEvent(): JournalEvent | null {
    const row = this.#statements.lastDaemonEvent.get();
    return row === undefined ? null : decodeEvent(row);
  }

  /** The highest number that a task was ever given, 0 where there was none. */
  lastTask(): number {
    return this.#statements.lastTask.get()?.[0] ?? 0;
  }

  /** The place of the last committed event, 0 where there is none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The hash of the last committed event. */
  get lastHash(): string {
    return this.#lastHash;
  }

  /** The file, for those who read beside it. */
  get path(): string {
    return this.#database.name;
  }

  /** What the journal takes on the disk, with its write-ahead log. */
  get bytes(): number {
    const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return sizeOf(this.#database.name) + sizeOf(`${this.#database.name}-wal`);
  }

  /** Commits what is waiting, folds the write-ahead log into the file and closes it. */
  [Symbol.dispose](): void {
    if (!this.#database.open) return;
    this.flush();
    this.#listeners.clear();
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Every fact is in the write-ahead log, which the next opening reads.
      if (!isFull(error)) throw error;
    } finally {
      this.#database.close();
    }
  }

  /** One transaction, made again for as long as somebody makes room on a full disk. @returns how to settle each batch. */
  #commit(batches: readonly PendingBatch[]): readonly (() => void)[] {
    const before = { seq: this.#lastSeq, hash: this.#lastHash };
    for (;;) {
      let folded = false;
      try {
        this.#setSynchronous(batches.some(({ options }) => options.durability === 'full') ? 'FULL' : 'NORMAL');
        return this.#database
          .transaction(() => {
            const events: JournalEvent[] = [];
            const settle = batches.map((batch) => this.#insert(batch, events));
            folded = events.length > 0;
            if (folded) this.#readModels?.fold(events);
            return settle;
          })
          .immediate();
      } catch (error) {
        if (folded) this.#readModels?.rolledBack();
        this.#lastSeq = before.seq;
        this.#lastHash = before.hash;
        if (!isFull(error) || !this.#onFull()) throw error;
      }
    }
  }

  /** @param inserted gets the events that the batch became: none where its fact was recorded before. */
  #insert({ drafts, options, resolve, reject }: PendingBatch, inserted: JournalEvent[]): () => void {
    const keys = drafts.map(onceKey).filter((key) => key !== null);
    const known = duplicateOf(keys) ?? keys.find((key) => this.#statements.findOnce.get(key) !== undefined);
    if (known !== undefined) {
      return () => {
        reject(new FactAlreadyRecorded(known));
      };
    }
    const { environment, within } = options;
    within?.(this.#database);
    if (environment !== undefined) this.#statements.insertEnvironment.run(environment.hash, environment.text);
    const events = drafts.map((draft) => {
      const row = encodeEvent(draft, {
        seq: (this.#lastSeq + 1) as SequenceNumber,
        at: this.#now(),
        previousHash: this.#lastHash,
      });
      this.#statements.insert.run(...row, onceKey(draft));
      this.#lastSeq = row[0];
      this.#lastHash = row[7];
      return decodeEvent(row);
    });
    inserted.push(...events);
    return () => {
      resolve(events);
    };
  }

  #setSynchronous(level: 'FULL' | 'NORMAL'): void {
    if (this.#synchronous === level) return;
    setSynchronous(this.#database, level);
    this.#synchronous = level;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
