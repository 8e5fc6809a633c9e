import { createHash } from 'node:crypto';

/** So many numbers come of one hash. */
const numbersPerHash = 8;

/**
 * Whole numbers from 0 to below what is asked for: the same ones for the same seed, on every machine, and others for the
 * seed beside it from the first one on.
 */
export function randomNumbers(seed: number): (below: number) => number {
  let given = 0;
  let hash = Buffer.alloc(0);
  return (below) => {
    const place = given % numbersPerHash;
    if (place === 0) hash = createHash('sha256').update(`${seed}:${given}`).digest();
    given += 1;
    return Math.floor((hash.readUInt32BE(place * 4) / 2 ** 32) * below);
  };
}
