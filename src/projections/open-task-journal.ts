import { rmSync } from 'node:fs';

import type { Database } from '../journal/database.ts';
import type { JournalOptions } from '../journal/journal-options.ts';
import { Journal } from '../journal/journal.ts';
import { PastTasks } from './past-tasks.ts';
import { type FoldOptions, ReadModelFold } from './read-model-fold.ts';
import { type RebuildStep, type Rebuilt, rebuildReadModels, scratchPath } from './rebuild.ts';
import { TaskHistory } from './task-history.ts';
import { TaskStore } from './task-store.ts';

/** A journal with what is folded from it. */
export interface TaskJournal {
  readonly journal: Journal;
  readonly store: TaskStore;
  readonly past: PastTasks;
  readonly history: TaskHistory;
  /** Folds every read model anew, compares, and replaces what differs. In steps; never two at once. */
  readonly rebuild: (options: { readonly differencesMax: number }) => Generator<RebuildStep, Rebuilt, void>;
}

/**
 * Opens a journal with its read models, which are brought up to date first.
 * @throws GhostError `journal-unusable`, `journal-newer`.
 */
export async function openTaskJournal(
  options: Omit<JournalOptions, 'readModels'> & { readonly fold?: FoldOptions },
): Promise<TaskJournal> {
  // Each try to open has a pair of its own: one that found the disk full has closed its database.
  const tries: { readonly database: Database; readonly fold: ReadModelFold }[] = [];
  // A daemon that was killed in the midst of a rebuild has left it.
  rmSync(scratchPath(options.path), { force: true });
  const journal = await Journal.open({
    ...options,
    readModels: (database) => {
      const fold = new ReadModelFold(database, options.fold);
      tries.push({ database, fold });
      return fold;
    },
  });
  const opened = tries.at(-1);
  if (opened === undefined) throw new Error('a journal was opened without its read models');
  const { database, fold } = opened;
  const store = new TaskStore(database);
  const past = new PastTasks(database, { reader: journal, store });
  return {
    journal,
    store,
    past,
    history: new TaskHistory(database, store),
    *rebuild({ differencesMax }) {
      using _ = journal.environments.keepPages();
      return yield* rebuildReadModels(database, { reader: journal, fold, differencesMax });
    },
  };
}
