import type { Database } from './database.ts';
import type { EncodedEnvironment } from './environments.ts';
import type { EventDraft, JournalEvent } from './events.ts';

/** How an append is made. */
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

/** An append that waits for the end of its turn. */
export interface PendingBatch {
  readonly drafts: readonly EventDraft[];
  readonly options: AppendOptions;
  readonly resolve: (events: readonly JournalEvent[]) => void;
  readonly reject: (reason: unknown) => void;
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
