import type { GhostError } from '../ghost-error.ts';
import type { Database } from './database.ts';
import type { Microseconds } from './events.ts';
import type { Mark } from './mark-file.ts';
import type { ReadModels } from './read-models.ts';

/** How far the opening of an older journal has come: pages of its copy, migrations, or events that are folded. */
export type OnOpening = (progress: {
  readonly step: 'backup' | 'migration' | 'fold';
  readonly done: number;
  readonly total: number;
}) => void;

/** What a journal is opened with. */
export interface JournalOptions {
  readonly path: string;
  readonly migrationsFolder: string;
  readonly now: () => Microseconds;
  readonly ghostVersion: string;
  /**
   * Called once when SQLite reports an I/O error or damage: what it says afterwards cannot be trusted, so the daemon
   * ends, and the next one reads what is on the disk.
   */
  readonly onDamage: (error: GhostError) => void;
  /** Called when the disk is full. True where room was made, so that it is worth trying again. */
  readonly onFull?: () => boolean;
  /** Called after each commit that is on the disk, with how far it has come. */
  readonly onDurable?: (mark: Mark) => void;
  /** Called now and then while an older journal is brought up to date, which takes minutes where it is large. */
  readonly onOpening?: OnOpening;
  /**
   * Called with the migrated database, once for each try to open it: what is kept in it beside the events. Without it,
   * nothing is.
   */
  readonly readModels?: (database: Database) => ReadModels;
}
