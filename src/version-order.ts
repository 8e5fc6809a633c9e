import { version as ownVersion, sourceVersion } from './version.ts';

/**
 * How a version stands to this ghost's: `older`, `same`, `newer`; `unknown` where one of the two is no version, or runs
 * from its sources and so is none in particular.
 */
export function versionAge(
  version: string,
  { own = ownVersion }: { readonly own?: string } = {},
): 'older' | 'same' | 'newer' | 'unknown' {
  const [theirs, ours] = [parseVersion(version), parseVersion(own)];
  if (theirs === null || ours === null || [version, own].includes(sourceVersion)) return 'unknown';
  const order = compare(theirs, ours);
  return order < 0 ? 'older' : order > 0 ? 'newer' : 'same';
}

interface Version {
  readonly numbers: readonly number[];
  /** What is before the release, such as `beta.2`; empty for a release. */
  readonly before: readonly string[];
}

function parseVersion(text: string): Version | null {
  const [, numbers, before] = /^(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text) ?? [];
  if (numbers === undefined) return null;
  return { numbers: numbers.split('.').map(Number), before: before?.split('.') ?? [] };
}

/** The precedence of Semantic Versioning 2.0.0, section 11. */
function compare(a: Version, b: Version): number {
  const difference = a.numbers.map((number, place) => number - (b.numbers[place] ?? 0)).find((value) => value !== 0);
  if (difference !== undefined) return difference;
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  for (const [place, word] of a.before.entries()) {
    const other = b.before[place];
    if (other === undefined) return 1;
    const order = compareWords(word, other);
    if (order !== 0) return order;
  }
  return a.before.length - b.before.length;
}

/** Numbers come before words. */
function compareWords(a: string, b: string): number {
  const isNumber = (word: string): boolean => /^\d+$/.test(word);
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
