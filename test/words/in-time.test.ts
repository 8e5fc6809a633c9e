import { describe, expect, test } from 'vitest';

import { inTime, TookTooLong } from '../../src/words/in-time.ts';
import { LineSearch } from '../../src/words/line-search.ts';
import { hasShortLines, openEnds, shortLineBytesMax } from '../../src/words/pattern-cost.ts';

const catastrophic = `${'a'.repeat(40)}b`;

describe('what is done in time', () => {
  test('gives what it gave, or throws what it threw', () => {
    expect(inTime(() => 7, { limitMs: 1_000 })).toBe(7);
    expect(inTime(() => null, { limitMs: 999.5 })).toBeNull();
    const refuse = (): never => {
      throw new RangeError('no');
    };
    expect(() => inTime(refuse, { limitMs: 1_000 })).toThrow(new RangeError('no'));
  });

  test('is stopped in the middle of a regular expression, and the next thing is done', () => {
    expect(() => inTime(() => /(a+)+$/.test(catastrophic), { limitMs: 20 })).toThrow(TookTooLong);
    expect(inTime(() => /(a+)+$/.test('aaa'), { limitMs: 1_000 })).toBe(true);
  });

  test('is begun again where its process did not get to run', () => {
    let times = 0;
    const work = (): number => {
      times += 1;
      // The first time it sleeps away what it has, as if it had been stopped by Ctrl-Z.
      if (times === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      return times;
    };
    expect(inTime(work, { limitMs: 100 })).toBe(2);
  });
});

test.each<[pattern: string, ends: number]>([
  ['error: no such file', 0],
  ['warn|error|[*+?]|\\+', 0],
  ['\\d{4}', 1],
  ['ERROR.*timeout', 1],
  ['a+|b+|c*', 1],
  ['(warn|error) ', 1],
  ['(?:a|b)c', 1],
  ['colou?r', 1],
  ['a+?', 1],
  ['(?<name>a+)b', 1],
  ['.*a.*', 2],
  ['(a+)+$', 2],
  ['(a|a)*', 2],
  ['(?=a+)b+', 2],
  ['(a)\\1', Infinity],
  ['(?<n>a)\\k<n>', Infinity],
])('the pattern %j leaves %d ends open', (pattern, ends) => {
  expect(openEnds(pattern)).toBe(ends);
});

test('a block has short lines or not, whether it ends with a newline or not', () => {
  const line = (length: number): string => `${'x'.repeat(length)}\n`;
  for (const short of ['', 'x', '\n', line(shortLineBytesMax).repeat(3), line(10).repeat(1_000)]) {
    expect(hasShortLines(Buffer.from(short)), JSON.stringify(short.slice(0, 20))).toBe(true);
  }
  for (const before of ['', line(10), line(shortLineBytesMax)]) {
    for (const after of ['', 'x', line(10)]) {
      const around = (length: number): Buffer => Buffer.from(`${before}${line(length)}${after}`);
      expect(hasShortLines(around(shortLineBytesMax))).toBe(true);
      expect(hasShortLines(around(shortLineBytesMax + 1))).toBe(false);
    }
    expect(hasShortLines(Buffer.from(`${before}${'x'.repeat(shortLineBytesMax)}`))).toBe(true);
    expect(hasShortLines(Buffer.from(`${before}${'x'.repeat(shortLineBytesMax + 1)}`))).toBe(false);
  }
  for (const long of [line(5_000), line(10).repeat(500) + line(2_000), `${line(10)}${'x'.repeat(3_000)}`]) {
    expect(hasShortLines(Buffer.from(long)), JSON.stringify(long.slice(0, 20))).toBe(false);
  }
});

describe('a pattern that takes for ever', () => {
  const refusal = {
    code: 'usage',
    message: expect.stringMatching(/takes too long here: it was given up after 0\.02 s$/),
  };

  test.each(['(a+)+$', '(a|a)*$', '(?:a*)*c', '(.*)\\1(.*)\\2b$c'])(
    '%s is refused when its time is over',
    (pattern) => {
      const search = new LineSearch(pattern, { msMax: 20 });
      const block = Buffer.from(`some line with b and c\n${'a'.repeat(2_000)}b\n`);
      let refused: unknown = null;
      try {
        search.linesIn(block);
      } catch (error) {
        refused = error;
      }
      expect(refused).toMatchObject(refusal);
    },
  );

  test('with one repeat over one long line is refused as well', () => {
    const search = new LineSearch('a*c', { msMax: 20 });
    expect(() => search.linesIn(Buffer.from(`${'a'.repeat(2_000_000)}\nc\n`))).toThrow(/takes too long/);
    expect(search.linesIn(Buffer.from('aac\n'))).toEqual([{ from: 0, to: 3 }]);
  });

  test('is not refused where it does not', () => {
    expect(new LineSearch('(a+)+$', { msMax: 1_000 }).linesIn(Buffer.from('xaaa\nb\n'))).toEqual([{ from: 0, to: 4 }]);
  });
});
