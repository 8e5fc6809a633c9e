import type { Database } from '../journal/database.ts';
import type { JournalOptions } from '../journal/journal-options.ts';
import { Journal } from '../journal/journal.ts';
import { PastTasks } from './past-tasks.ts';
import { ReadModelFold } from './read-model-fold.ts';
import { TaskHistory } from './task-history.ts';
import { TaskStore } from './task-store.ts';

/** A journal with what is folded from it. */
export interface TaskJournal {
  readonly journal: Journal;
  readonly store: TaskStore;
  readonly past: PastTasks;
  readonly history: TaskHistory;
}

/**
 * Opens a journal with its read models, which are brought up to date first.
 * @throws GhostError `journal-unusable`, `journal-newer`.
 */
export async function openTaskJournal(
  options: Omit<JournalOptions, 'readModels'> & { readonly onFolded?: () => void },
): Promise<TaskJournal> {
  const { promise, resolve } = Promise.withResolvers<Database>();
  const journal = await Journal.open({
    ...options,
    readModels: (database) => {
      resolve(database);
      return new ReadModelFold(database, options.onFolded === undefined ? {} : { onChunk: options.onFolded });
    },
  });
  const database = await promise;
  const store = new TaskStore(database);
  const past = new PastTasks(database, { reader: journal, store });
  return { journal, store, past, history: new TaskHistory(database, store) };
}
