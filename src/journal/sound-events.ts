import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { type EventRow, chainHash, decodeEvent, eventColumns, genesisHash } from './codec.ts';
import type { Database } from './database.ts';
import type { JournalEvent } from './events.ts';

/** Where a chain ends before the journal does: the first event that does not hold, and why. */
export interface ChainEnd {
  readonly seq: number;
  /** `unreadable`: SQLite cannot read it. `changed`, `missing`: it is not what was appended. `newer`: not known here. */
  readonly kind: 'unreadable' | 'changed' | 'missing' | 'newer';
  /** The whole of it in a sentence. */
  readonly message: string;
}

export interface ChainedEvent {
  readonly row: EventRow;
  readonly event: JournalEvent;
}

/** Rows read at once. */
const batchRows = 2_000;

/**
 * Gives every event that holds, from the first: its number follows, its hash follows from it and the one before, and
 * SQLite can read it.
 * @returns what ended it before the journal's end, else null.
 */
export function* soundEvents(database: Database): Generator<ChainedEvent, ChainEnd | null, void> {
  let last = 0;
  let previousHash = genesisHash;
  try {
    // Its own statement, so that a journal is read whose other tables are damaged, or of another migration.
    const read = database
      .prepare<[number, number], EventRow>(`SELECT ${eventColumns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`)
      .raw();
    for (;;) {
      const { rows, failure } = readRows((after, limit) => read.all(after, limit), last);
      for (const row of rows) {
        const [seq, at, type, task, v, actor, data, rowHash] = row;
        const next = last + 1;
        if (seq !== next) return { seq: next, kind: 'missing', message: `event ${next} is not there` };
        if (chainHash(previousHash, { seq, at, type, task, v, actor, data }) !== rowHash) {
          return { seq, kind: 'changed', message: `event ${seq} is not what was appended` };
        }
        yield { row, event: decodeEvent(row) };
        last = seq;
        previousHash = rowHash;
      }
      if (failure !== null) return unreadable(last + 1, failure);
      if (rows.length < batchRows) return null;
    }
  } catch (error) {
    if (!(error instanceof GhostError) || error.code !== 'journal-newer') return unreadable(last + 1, error);
    return { seq: last + 1, kind: 'newer', message: error.message };
  }
}

function unreadable(seq: number, error: unknown): ChainEnd {
  const message = messageOf(error);
  return { seq, kind: 'unreadable', message: `event ${seq} cannot be read: ${message}` };
}

/** A batch, or where a page in it is damaged, as many rows of it as can be read. */
function readRows(
  read: (after: number, limit: number) => readonly EventRow[],
  after: number,
): { readonly rows: readonly EventRow[]; readonly failure: unknown } {
  try {
    return { rows: read(after, batchRows), failure: null };
  } catch (failure) {
    const rows: EventRow[] = [];
    for (let last = after; rows.length < batchRows; last += 1) {
      try {
        const [row] = read(last, 1);
        if (row === undefined) break;
        rows.push(row);
      } catch {
        break;
      }
    }
    return { rows, failure };
  }
}
