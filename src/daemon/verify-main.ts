import { join } from 'node:path';

import { restoreHint } from '../journal/database.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { resolvePaths } from '../paths.ts';
import type { VerifyProgress, VerifyResult } from '../protocol/answers.ts';
import { verifyJournal } from './verify-journal.ts';

/**
 * Checks the journal of a data folder without a daemon: one that refuses to work with a damaged journal cannot be asked
 * what is wrong with it. A bundle of its own, loaded only then.
 * @throws GhostError `journal-unusable`, `journal-newer`.
 */
export async function* verifyFolder(
  environment: Readonly<Record<string, string | undefined>>,
): AsyncGenerator<VerifyProgress, VerifyResult, void> {
  const { journal, tasks } = resolvePaths(environment);
  using reader = new JournalReader(journal);
  return yield* verifyJournal({
    reader,
    taskFolder: (task) => join(tasks, String(task)),
    known: reader.foldedTo(),
    signal: new AbortController().signal,
  });
}

/** What to type where a journal is damaged. */
export function howToGoOn(environment: Readonly<Record<string, string | undefined>>): string {
  return restoreHint(resolvePaths(environment).journal);
}
