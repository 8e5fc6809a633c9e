import fc from 'fast-check';
import { expect, test } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import { durationMsMax } from '../../src/protocol/limits.ts';
import { formatDuration, parseDuration } from '../../src/words/duration.ts';

test.for([
  ['500ms', 500],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['1d2h3m4s5ms', 93_784_005],
  ['1m1ms', 60_001],
  ['0s', 0],
  ['007s', 7000],
] as const)('%s is %d ms', ([text, ms]) => {
  expect(parseDuration(text)).toBe(ms);
});

test.for(['', 's', '5', '-5s', '5 s', '1.5h', '5S', '30m1h', '1h1h', '5min', '1h30', '5sx', '٥s', 'a\u001b[1m'])(
  '%j is refused as wrong use',
  (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);

test('a plain number is refused with the duration that was probably meant', () => {
  expect(() => parseDuration('90')).toThrow(
    expect.objectContaining({ message: 'the duration "90" has no unit; did you mean 90s?', hint: '90s' }),
  );
});

test('what a timer cannot hold is refused with the longest duration', () => {
  expect(parseDuration(`${durationMsMax}ms`)).toBe(durationMsMax);
  expect(() => parseDuration(`${durationMsMax + 1}ms`)).toThrow('a duration is at most 24d20h31m23s647ms');
  expect(() => parseDuration(`${'9'.repeat(400)}d`)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('every duration that is printed is read back as the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: durationMsMax }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test('what the grammar allows is read, and everything else is refused as wrong use', () => {
  const pieces = fc.array(fc.constantFrom('1', '30', 'd', 'h', 'm', 's', 'ms', ' ', '-', '.', 'x'), { maxLength: 8 });
  const allowed = /^(?=\d)(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/;
  const read = (text: string): unknown => {
    try {
      return typeof parseDuration(text);
    } catch (error) {
      return error instanceof GhostError ? error.code : error;
    }
  };
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      const isPlainNumber = /^\d+$/.test(text);
      // Eight pieces of at most two digits may still be more days than a timer holds.
      const fits = !/\d{2,}d|\d{4,}/.test(text);
      fc.pre(fits);
      expect(read(text)).toBe(allowed.test(text) && !isPlainNumber ? 'number' : 'usage');
    }),
  );
});
