import { GhostError } from '../ghost-error.ts';
import { sqliteErrorCode } from './database.ts';

/**
 * What is said where a part of the journal cannot be read, or null where an error is another. The rest may well be
 * readable, so that nobody is kept from it.
 */
export function readFailure(error: unknown): GhostError | null {
  const code = sqliteErrorCode(error);
  if (!(error instanceof Error) || code === null || !/^SQLITE_(?:IOERR|CORRUPT|NOTADB)/.test(code)) return null;
  return new GhostError('journal-unusable', `a part of the journal cannot be read: ${error.message}`, {
    hint: 'ghost doctor  (says whether the file is damaged; sudo dmesg | tail says what the disk answered)',
    cause: error,
  });
}
