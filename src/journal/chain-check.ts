import { GhostError } from '../ghost-error.ts';
import { type EventRow, chainHash, decodeEvent, genesisHash } from './codec.ts';
import { restoreHint } from './database.ts';

/** How much of the chain's tail is checked at each opening; `audit --verify` checks the whole. */
export const tailChecked = 64;

/**
 * Checks the last events as each opening of the journal does, with the one before them that they are chained to.
 * @throws GhostError `journal-unusable`, `journal-newer`, which name the event.
 */
export function checkTail(
  read: (after: number, limit: number) => readonly EventRow[],
  { lastSeq, path }: { readonly lastSeq: number; readonly path: string },
): void {
  checkChain(read(Math.max(0, lastSeq - tailChecked - 1), tailChecked + 1), { path });
}

/**
 * Checks that each row has the hash that follows from it and the one before; the first row's is taken as it is, where
 * it is not the journal's first.
 * @throws GhostError `journal-unusable`, `journal-newer`, which name the event.
 */
function checkChain(rows: readonly EventRow[], { path }: { path: string }): void {
  rows.forEach((row, index) => {
    const [seq, at, type, task, v, actor, data, rowHash] = row;
    const previousHash = seq === 1 ? genesisHash : rows[index - 1]?.[7];
    if (previousHash === undefined) return;
    if (chainHash(previousHash, { seq, at, type, task, v, actor, data }) !== rowHash) {
      throw new GhostError('journal-unusable', `the journal was changed behind ghost's back at event ${seq}`, {
        hint: `${restoreHint(path)}; to see what was changed: ghost audit --verify`,
      });
    }
    // What a newer ghost wrote may need no migration: its events are refused here, before anything is appended to them.
    decodeEvent(row);
  });
}
