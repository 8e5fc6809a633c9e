import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type FoundLine, LastHits, type LineBlock, LogSearch } from '../../src/cli/log-search.ts';
import { lastLinesOf, linesOf } from '../../src/words/line-carry.ts';
import { LineSearch } from '../../src/words/line-search.ts';

type Numbered = readonly (number | '--')[];

/** What `grep -C` shows of lines, as their places, told from the whole of them. */
function wholeGrep(
  isHit: readonly boolean[],
  { context, last = Infinity }: { context: number; last?: number },
): Numbered {
  const hits = isHit.flatMap((hit, place) => (hit ? [place] : [])).slice(last === 0 ? isHit.length : -last);
  const first = hits[0] ?? 0;
  const shown = isHit.flatMap((_, place) =>
    // A hit that is not among the last ones is a line like any other, and none after it is shown for its sake.
    hits.some((hit) => Math.abs(hit - place) <= context) && place >= first - context ? [place] : [],
  );
  return shown.flatMap((place, index): Numbered => {
    const before = shown[index - 1];
    return context > 0 && before !== undefined && before + 1 < place ? ['--', place] : [place];
  });
}

function placesOf(found: readonly FoundLine[]): Numbered {
  const placeOf = (bytes: Uint8Array): number => Number(/\d+/.exec(Buffer.from(bytes).toString())?.[0]);
  return found.flatMap((one): Numbered => {
    if (one.kind === 'after') return [placeOf(one.line.bytes)];
    return [
      ...(one.afterGap ? (['--'] as const) : []),
      ...one.before.map(({ bytes }) => placeOf(bytes)),
      placeOf(one.line.bytes),
    ];
  });
}

interface Case {
  readonly isHit: readonly boolean[];
  readonly cuts: readonly boolean[];
  readonly context: number;
  readonly last: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  isHit: fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }), {
    maxLength: 40,
  }),
  cuts: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  context: fc.nat(4),
  last: fc.nat(4),
});

/** Blocks of the lines, cut where it says, the streams in turn; the very last newline is missing. */
function blocksOf({ isHit, cuts }: Case): readonly LineBlock[] {
  const blocks: string[][] = [[]];
  for (const [place, hit] of isHit.entries()) {
    if (cuts[place] === true) blocks.push([]);
    blocks.at(-1)?.push(`${place}${hit ? ' hit' : ''}`);
  }
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines, place, { length }) => ({
      stream: place % 2 === 0 ? 'stdout' : 'stderr',
      at: null,
      bytes: Buffer.from(lines.join('\n') + (place === length - 1 ? '' : '\n')),
    }));
}

describe('lines around what is found', () => {
  test('are those that grep shows, however the log is cut into blocks', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const search = new LogSearch(new LineSearch('hit'), given);
        const found = blocksOf(given).flatMap((block) => search.push(block));
        expect(placesOf(found)).toEqual(wholeGrep(given.isHit, { context: given.context }));
      }),
      { numRuns: 1000 },
    );
  });

  test('are those of the last hits alone where only those are asked for', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const search = new LogSearch(new LineSearch('hit'), given);
        const kept = new LastHits({ most: given.last, context: given.context });
        for (const block of blocksOf(given)) kept.push(search.push(block));
        expect(placesOf(kept.take())).toEqual(wholeGrep(given.isHit, given));
        expect(kept.take()).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('keep their own stream and time, and an empty line is a line', () => {
    const search = new LogSearch(new LineSearch('x'), { context: 2 });
    const block = (text: string, stream: 'stdout' | 'stderr', at: string): LineBlock => ({
      stream,
      at,
      bytes: Buffer.from(text),
    });
    expect(search.push(block('a\nb\n\n', 'stdout', '1'))).toEqual([]);
    expect(search.push(block('c\n', 'stderr', '2'))).toEqual([]);
    expect(search.push(block('x\n\n', 'stdout', '3'))).toEqual([
      {
        kind: 'hit',
        afterGap: false,
        before: [block('', 'stdout', '1'), block('c', 'stderr', '2')],
        line: block('x', 'stdout', '3'),
      },
      { kind: 'after', line: block('', 'stdout', '3') },
    ]);
  });
});

test('the last lines of a block are the last of its lines', () => {
  const text = fc.array(fc.constantFrom('\n', '\n', 'a', 'bc')).map((pieces) => Buffer.from(pieces.join('')));
  fc.assert(
    fc.property(text, fc.nat(6), (block, count) => {
      const read = (lines: readonly Uint8Array[]): readonly string[] =>
        lines.map((line) => Buffer.from(line).toString());
      expect(read(lastLinesOf(block, count))).toEqual(count === 0 ? [] : read(linesOf(block)).slice(-count));
    }),
    { numRuns: 500 },
  );
});
