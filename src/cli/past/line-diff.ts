import { diffArrays } from 'diff';

/** So many lines may have to go and come; with more, two logs are told to be different as a whole. */
export const editsMax = 4_000;
/** Lines around a change. */
const contextLines = 3;

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** A change with the lines around it, as a unified diff has it. Lines are counted from 1. */
export interface Hunk {
  readonly fromA: number;
  readonly fromB: number;
  readonly lines: readonly DiffLine[];
}

export interface LineDiff {
  readonly removed: number;
  readonly added: number;
  /** Whether so much differs that all of it was taken for different. */
  readonly isWhole: boolean;
  readonly hunks: readonly Hunk[];
}

/** Lines with what of each is compared. */
export interface ComparedLines {
  readonly shown: readonly string[];
  readonly compared: readonly string[];
}

/** What lines differ. Equal ones are shown as the first has them. */
export function diffLines(a: ComparedLines, b: ComparedLines): LineDiff {
  const { runs, isWhole } = runsOf(a.compared, b.compared);
  const lines: DiffLine[] = [];
  let [atA, atB] = [0, 0];
  for (const { kind, count } of runs) {
    const texts = kind === 'added' ? b.shown.slice(atB, atB + count) : a.shown.slice(atA, atA + count);
    for (const text of texts) lines.push({ kind, text });
    if (kind !== 'added') atA += count;
    if (kind !== 'removed') atB += count;
  }
  const count = (kind: DiffLine['kind']): number => lines.filter((line) => line.kind === kind).length;
  return { removed: count('removed'), added: count('added'), isWhole, hunks: hunksOf(lines) };
}

/** Which words differ, in their order. */
export function diffWords(
  a: readonly string[],
  b: readonly string[],
): readonly { readonly kind: DiffLine['kind']; readonly words: readonly string[] }[] {
  return diffArrays([...a], [...b]).map(({ added, removed, value }) => ({
    kind: added ? 'added' : removed ? 'removed' : 'same',
    words: value,
  }));
}

interface Run {
  readonly kind: DiffLine['kind'];
  readonly count: number;
}

/** What both begin and end with is set aside: mostly it is nearly everything. */
function runsOf(
  a: readonly string[],
  b: readonly string[],
): { readonly runs: readonly Run[]; readonly isWhole: boolean } {
  const shorter = Math.min(a.length, b.length);
  let before = 0;
  while (before < shorter && a[before] === b[before]) before += 1;
  let after = 0;
  while (after < shorter - before && a[a.length - 1 - after] === b[b.length - 1 - after]) after += 1;
  // Numbers are compared faster than texts.
  const numbers = new Map<string, number>();
  const numbered = (lines: readonly string[]): number[] =>
    lines.slice(before, lines.length - after).map((line) => {
      const known = numbers.get(line) ?? numbers.size;
      numbers.set(line, known);
      return known;
    });
  const [midA, midB] = [numbered(a), numbered(b)];
  const changes = diffArrays(midA, midB, { maxEditLength: editsMax });
  const middle: readonly Run[] =
    changes === undefined
      ? [
          { kind: 'removed', count: midA.length },
          { kind: 'added', count: midB.length },
        ]
      : changes.map(({ added, removed, value }) => ({
          kind: added ? 'added' : removed ? 'removed' : 'same',
          count: value.length,
        }));
  const same = (count: number): Run => ({ kind: 'same', count });
  return { runs: [same(before), ...middle, same(after)], isWhole: changes === undefined };
}

function hunksOf(lines: readonly DiffLine[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let [atA, atB] = [1, 1];
  let next = 0;
  while (next < lines.length) {
    let change = next;
    while (lines[change]?.kind === 'same') change += 1;
    if (change === lines.length) break;
    const from = Math.max(next, change - contextLines);
    atA += from - next;
    atB += from - next;
    const to = hunkEnd(lines, change);
    const taken = lines.slice(from, to);
    hunks.push({ fromA: atA, fromB: atB, lines: taken });
    atA += taken.filter(({ kind }) => kind !== 'added').length;
    atB += taken.filter(({ kind }) => kind !== 'removed').length;
    next = to;
  }
  return hunks;
}

/** Changes that are near each other have one hunk. */
function hunkEnd(lines: readonly DiffLine[], change: number): number {
  let last = change;
  for (let place = change; place < lines.length && place - last <= 2 * contextLines; place += 1) {
    if (lines[place]?.kind !== 'same') last = place;
  }
  return Math.min(lines.length, last + 1 + contextLines);
}
