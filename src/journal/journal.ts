import { statSync } from 'node:fs';

import { passCrashPoint } from '../crash-point.ts';
import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { type AppendOptions, FactAlreadyRecorded, type PendingBatch } from './append.ts';
import { checkTail } from './chain-check.ts';
import { decodeEvent, encodeEvent, genesisHash } from './codec.ts';
import { type Database, openDatabase, restoreHint, setSynchronous, sqliteErrorCode } from './database.ts';
import { EnvironmentStore } from './environment-store.ts';
import type { EventDraft, JournalEvent, Microseconds, SequenceNumber } from './events.ts';
import { FactReader } from './fact-reader.ts';
import type { JournalOptions } from './journal-options.ts';
import { migrate } from './migrate.ts';
import { duplicateOf, onceKey } from './once-key.ts';
import { finishPutting } from './put-in-place.ts';
import type { EventReader, ReadModels } from './read-models.ts';
import { prepareStatements } from './statements.ts';
import { isFull, writeFailure } from './write-failure.ts';

/** How many events one read returns at the most. */
export const readBatchMax = 2_000;

/**
 * The append-only log of everything that happened. Appends of one turn of the event loop are one transaction; every
 * batch in it is all or nothing. Reads see only what is committed.
 */
export class Journal extends FactReader implements Disposable, EventReader {
  readonly environments: EnvironmentStore;
  readonly #database: Database;
  readonly #now: () => Microseconds;
  readonly #onDamage: (error: GhostError) => void;
  readonly #onFull: () => boolean;
  readonly #readModels: ReadModels | null;
  readonly #listeners = new Set<() => void>();
  #pending: PendingBatch[] = [];
  #flushScheduled = false;
  #lastSeq: number;
  #lastHash: string;
  #lastTask: number;
  #synchronous: 'FULL' | 'NORMAL' = 'FULL';
  /** What was committed last: whoever listens asks for just that, and need not have it read and decoded again. */
  #newest: { readonly after: number; readonly events: readonly JournalEvent[] } = { after: 0, events: [] };

  private constructor(database: Database, options: JournalOptions) {
    const { now, onDamage, onFull = () => false, onDurable, readModels } = options;
    super(prepareStatements(database));
    this.#database = database;
    this.#now = now;
    this.#onDamage = onDamage;
    this.#onFull = onFull;
    this.onCommit(() => {
      if (this.#synchronous === 'FULL') onDurable?.({ seq: this.#lastSeq, task: this.#lastTask });
    });
    this.environments = new EnvironmentStore(database, this);
    this.#readModels = readModels?.(database) ?? null;
    const last = this.statements.last.get();
    this.#lastSeq = last === undefined ? 0 : last[0];
    this.#lastHash = last === undefined ? genesisHash : last[7];
    this.#lastTask = this.lastTask();
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
    const { path, migrationsFolder, now, ghostVersion, onOpening = () => undefined } = options;
    finishPutting(path);
    const database = openDatabase(path);
    passCrashPoint('journal.opened');
    try {
      await migrate(database, { folder: migrationsFolder, now, ghostVersion, onOpening });
      const journal = new Journal(database, options);
      const { read } = journal.statements;
      checkTail((after, limit) => read.all(after, limit), { lastSeq: journal.#lastSeq, path });
      // What a power cut takes of it is folded again.
      journal.#setSynchronous('NORMAL');
      await journal.#readModels?.catchUp(journal, onOpening);
      journal.#setSynchronous('FULL');
      return journal;
    } catch (error) {
      database.close();
      if (error instanceof GhostError) throw error;
      throw new GhostError('journal-unusable', `${path} cannot be read: ${messageOf(error)}`, {
        hint: restoreHint(path),
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
    passCrashPoint('journal.committed');
    if (this.#lastSeq !== before) for (const listener of this.#listeners) listener();
    for (const done of settle) done();
  }

  /** Calls the listener after each commit that added events: a doorbell without data. Returns how to stop it. */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The committed events after a place, in order, at most `most` at once. */
  read({ after, most = readBatchMax }: { after: number; most?: number }): readonly JournalEvent[] {
    if (after >= this.#lastSeq) return [];
    const { events } = this.#newest;
    if (after === this.#newest.after && events.length > 0 && events.length <= most) return events;
    return this.statements.read.all(after, most).map(decodeEvent);
  }

  /** The place of the last committed event, 0 where there is none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The file and the last event in it, for those who read beside it. */
  get head(): { readonly path: string; readonly seq: number; readonly hash: string } {
    return { path: this.#database.name, seq: this.#lastSeq, hash: this.#lastHash };
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
    // Mostly nothing was recorded before: that is looked up for each fact only when the database has refused one.
    for (let checked = false; ;) {
      let folded = false;
      try {
        this.#setSynchronous(batches.some(({ options }) => options.durability === 'full') ? 'FULL' : 'NORMAL');
        const { settle, events } = this.#database
          .transaction(() => {
            const inserted: JournalEvent[] = [];
            const settling = batches.map((batch) => this.#insert(batch, { checked, events: inserted }));
            folded = inserted.length > 0;
            if (folded) this.#readModels?.fold(inserted);
            passCrashPoint('journal.written');
            return { settle: settling, events: inserted };
          })
          .immediate();
        if (events.length > 0) this.#newest = { after: before.seq, events };
        return settle;
      } catch (error) {
        if (folded) this.#readModels?.rolledBack();
        this.#lastSeq = before.seq;
        this.#lastHash = before.hash;
        if (!checked && sqliteErrorCode(error) === 'SQLITE_CONSTRAINT_TRIGGER') checked = true;
        else if (!isFull(error) || !this.#onFull()) throw error;
      }
    }
  }

  /** @param events gets those that the batch became: none where a fact of it was recorded before. */
  #insert(
    { drafts, options, resolve, reject }: PendingBatch,
    { checked, events: all }: { checked: boolean; events: JournalEvent[] },
  ): () => void {
    const keys = drafts.map(onceKey);
    const known = checked ? duplicateOf(keys, (key) => this.statements.isOnce.get(key) === 1) : undefined;
    if (known !== undefined) {
      return () => {
        reject(new FactAlreadyRecorded(known));
      };
    }
    const { environment, within } = options;
    within?.(this.#database);
    if (environment !== undefined) this.statements.insertEnvironment.run(environment.hash, environment.text);
    let actor = { of: drafts[0]?.actor, text: JSON.stringify(drafts[0]?.actor) };
    const events = drafts.map((draft, index): JournalEvent => {
      if (draft.actor !== actor.of) actor = { of: draft.actor, text: JSON.stringify(draft.actor) };
      const row = encodeEvent(draft, {
        seq: (this.#lastSeq + 1) as SequenceNumber,
        at: this.#now(),
        previousHash: this.#lastHash,
        actor: actor.text,
      });
      this.statements.insert.run(...row, keys[index] ?? null);
      this.#lastSeq = row[0];
      this.#lastHash = row[7];
      this.#lastTask = Math.max(this.#lastTask, draft.task ?? 0);
      return { ...draft, seq: row[0] as SequenceNumber, at: row[1] as Microseconds, hash: row[7] };
    });
    all.push(...events);
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
