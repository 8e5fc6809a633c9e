import type { JournalEvent } from './events.ts';
import type { OnOpening } from './journal-options.ts';

/** What those who keep something beside the events may read of them. */
export interface EventReader {
  /** The committed events after a place, in order, some thousand at the most. */
  read(from: { after: number }): readonly JournalEvent[];
  /** The place of the last committed event, 0 where there is none. */
  readonly lastSeq: number;
}

/** What is kept in the database beside the events, in step with them. Given to the journal when it is opened. */
export interface ReadModels {
  /**
   * Brings what is kept to the end of the journal, before that is given to anybody: after a migration, a change of the
   * fold, or a crash in the midst of this.
   * @throws GhostError `journal-unusable` where the journal no longer has what was folded.
   */
  catchUp(reader: EventReader, onOpening: OnOpening): Promise<void>;
  /** Called in each transaction, after its events were inserted. What it throws undoes the transaction. */
  fold(events: readonly JournalEvent[]): void;
  /** The transaction in which `fold` was called last was undone: so is what is remembered of it. */
  rolledBack(): void;
}
