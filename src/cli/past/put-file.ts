import { link, lstat, open, rename, unlink } from 'node:fs/promises';

import { errorCode, hasCode } from '../../error-code.ts';
import { messageOf } from '../../error-message.ts';
import { GhostError } from '../../ghost-error.ts';
import { quoteWord } from '../../shell-quote.ts';
import { visible } from '../../words/visible.ts';
import type { Output } from '../output.ts';

/** Takes text, in its order. */
type Sink = (text: string) => Promise<void>;

/**
 * Writes a file whole or not at all: beside its place, for nobody else to read (0600), and then put there. `-` is
 * standard output, where there is one.
 * @throws GhostError `file-unusable` where it is there already and not to be replaced, or cannot be written.
 */
export async function putFile(
  path: string,
  { stdout, replace }: { readonly stdout: Output | null; readonly replace: boolean },
  fill: (sink: Sink) => Promise<void>,
): Promise<void> {
  if (path === '-' && stdout !== null) return await fill((text) => stdout.write(text));
  await refuseExisting(path, { replace });
  // An export of another process has another number. The screen can begin a second one while the first is under way.
  const beside = `${path}.${process.pid}.tmp`;
  // Outside of what removes the file again: one that is there already is another's, who is still writing it.
  const file = await open(beside, 'wx', 0o600).catch((error: unknown) => {
    throw errorCode(error) === 'EEXIST' ? beingWritten(path, beside) : unusable(path, error);
  });
  try {
    try {
      // Not `write`, which is one write(2): where the disk becomes full that takes a part, and says so to nobody.
      await fill(async (text) => await file.appendFile(text));
      await file.sync();
    } finally {
      await file.close();
    }
    await (replace ? rename(beside, path) : place(beside, path));
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw unusable(path, error);
  }
}

/** Known before anything is read or written. What is put there in between is refused by `place`. */
async function refuseExisting(path: string, { replace }: { readonly replace: boolean }): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw unusable(path, error);
  });
  if (found === null) return;
  if (found.isFile() || found.isSymbolicLink()) {
    if (!replace) throw alreadyThere(path);
    return;
  }
  throw new GhostError('file-unusable', `${visible(path)} is no file that could be replaced`, {
    hint: 'give another name, or - for standard output',
  });
}

/** Gives the file its name, unless something has that name: unlike a rename, a link replaces nothing. */
async function place(beside: string, path: string): Promise<void> {
  try {
    await link(beside, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw alreadyThere(path);
    // A file system without hard links.
    if (!hasCode(error, ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])) throw error;
    return await rename(beside, path);
  }
  await unlink(beside);
}

function alreadyThere(path: string): GhostError {
  return new GhostError('file-unusable', `${visible(path)} is there already; nothing was written`, {
    hint: `--force to replace ${quoteWord(path)}`,
  });
}

function beingWritten(path: string, beside: string): GhostError {
  return new GhostError('file-unusable', `${visible(path)} is being written already, in ${visible(beside)}`, {
    hint: 'wait until it is there, or give another name',
  });
}

/** What the file system said, in words with the name in them. Other errors (the daemon's, say) are their own. */
function unusable(path: string, error: unknown): unknown {
  if (error instanceof GhostError || errorCode(error) === null) return error;
  const message = messageOf(error);
  return new GhostError('file-unusable', `${visible(path)} could not be written: ${visible(message)}`, {
    hint: 'give a folder that is there and that you may write to',
    cause: error,
  });
}
