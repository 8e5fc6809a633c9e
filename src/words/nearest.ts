import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a mistyped word most likely meant, or null where none is near: one that it begins, else the one
 * with the fewest letters to change, as long as that is at most half of them; of two such, the one of the same letters
 * in another order.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const begun = candidates.find((candidate) => word.length > 1 && candidate.startsWith(word));
  if (begun !== undefined) return begun;
  const near = candidates
    .map((candidate) => ({
      candidate,
      changes: distance(word.toLowerCase(), candidate),
      swapped: sorted(word) === sorted(candidate) ? 0 : 1,
      most: Math.ceil(Math.max(word.length, candidate.length) / 2),
    }))
    .filter(({ changes, most }) => changes <= most)
    .toSorted((one, other) => one.changes - other.changes || one.swapped - other.swapped);
  return near[0]?.candidate ?? null;
}

function sorted(word: string): string {
  return [...word.toLowerCase()].toSorted().join('');
}
