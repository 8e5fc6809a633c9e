import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { sqliteErrorCode } from './database.ts';

/** What a failed commit is told as. */
export function writeFailure(error: unknown): GhostError {
  if (!isFull(error)) {
    return new GhostError('journal-write-failed', `the journal cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return new GhostError(
    'journal-write-failed',
    'the disk is full: the journal cannot be written, and nothing was done',
    {
      hint: 'make room, then try again',
      cause: error,
    },
  );
}

/** Whether a write failed for want of room: for the journal, or for the index of its write-ahead log (the -shm file). */
export function isFull(error: unknown): boolean {
  const code = sqliteErrorCode(error);
  return code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE';
}
