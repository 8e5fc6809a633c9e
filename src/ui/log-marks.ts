import { inTime, TookTooLong } from '../words/in-time.ts';
import { openEnds } from '../words/pattern-cost.ts';
import type { Look } from './colours.ts';
import { plainText, type StyledRun } from './line-text.ts';

/** The most of what is looked for that is marked in one line. */
export const marksMax = 200;
/** The runs with what is looked for set off by being inverted, whatever its own look is. */
export function marked(runs: readonly StyledRun[], pattern: RegExp): readonly StyledRun[] {
  const ranges = rangesToMark(plainText(runs), pattern);
  if (ranges.length === 0) return runs;
  const parts: StyledRun[] = [];
  let start = 0;
  for (const { text, look } of runs) {
    const edges = ranges.flat().filter((edge) => edge > start && edge < start + text.length);
    for (const [place, from] of [start, ...edges].entries()) {
      const to = [...edges, start + text.length][place] ?? from;
      const isFound = ranges.some(([first, end]) => from >= first && from < end);
      const inverted: Look = { ...look, inverse: !look.inverse };
      parts.push({ text: text.slice(from - start, to - start), look: isFound ? inverted : look });
    }
    start += text.length;
  }
  return parts;
}

/** In so many characters one repeat cannot take long. */
const quickTextMax = 4_096;
/** How long marking one line may take, in milliseconds, and the patterns that took longer: they mark nothing any more. */
const markMsMax = 100;
const tooSlow = new WeakSet<RegExp>();

function rangesToMark(text: string, pattern: RegExp): readonly (readonly [from: number, to: number])[] {
  const find = (): readonly (readonly [number, number])[] => {
    const ranges: (readonly [number, number])[] = [];
    for (const { index, 0: found } of text.matchAll(new RegExp(pattern, `${pattern.flags}g`))) {
      // Without `u` a pattern can match half a character (`.`), which is marked whole, and once.
      const from = Math.max(ranges.at(-1)?.[1] ?? 0, index - (isWithinCharacter(text, index) ? 1 : 0));
      const end = index + found.length;
      const to = end + (isWithinCharacter(text, end) ? 1 : 0);
      if (found !== '' && from < to) ranges.push([from, to]);
      if (ranges.length >= marksMax) break;
    }
    return ranges;
  };
  const ends = openEnds(pattern.source);
  if (ends === 0 || (ends === 1 && text.length <= quickTextMax)) return find();
  if (tooSlow.has(pattern)) return [];
  try {
    return inTime(find, { limitMs: markMsMax });
  } catch (error) {
    if (!(error instanceof TookTooLong)) throw error;
    tooSlow.add(pattern);
    return [];
  }
}

/** Whether a place lies between the two halves of a character beyond U+FFFF. */
function isWithinCharacter(text: string, place: number): boolean {
  return (text.codePointAt(place - 1) ?? 0) > 0xffff;
}
