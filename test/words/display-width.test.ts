import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';

import { cutTo, measureFor } from '../../src/words/display-width.ts';

test('text that is measured without string-width is as wide as string-width says, whatever stands beside what', async () => {
  const ranges = [
    [0x20, 0x7e],
    [0xa0, 0xac],
    [0xae, 0x2ff],
    [0x370, 0x482],
    [0x48a, 0x52f],
    [0x1e00, 0x1fff],
    [0x2010, 0x2027],
    [0x2030, 0x205e],
    [0x20a0, 0x20bf],
    [0x2190, 0x22ff],
    [0x2500, 0x259f],
    [0x3000, 0x3029],
    [0x3041, 0x3096],
    [0x309b, 0x30ff],
    [0x3400, 0x4dbf],
    [0x4e00, 0x9fff],
    [0xac00, 0xd7a3],
    [0xff01, 0xff60],
    [0x1f300, 0x1f3fa],
    [0x1f400, 0x1faff],
    [0x2300, 0x23ff],
    [0x2600, 0x27bf],
    [0x2b00, 0x2bff],
  ] as const;
  for (const [first, last] of ranges) {
    for (let code = first; code <= last; code += 1) {
      const character = String.fromCodePoint(code);
      const measure = await measureFor([character]);
      expect(measure(character), `U+${code.toString(16)}`).toBe(stringWidth(character));
    }
  }
  const character = fc.oneof(
    ...ranges.map(([min, max]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))),
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: character }), async (text) => {
      expect((await measureFor([text]))(text)).toBe(stringWidth(text));
    }),
    { numRuns: 1000 },
  );
});

test.for(['e\u0301', '👍🏽', '👨‍👩‍👧', '🇩🇪', '☎\ufe0f', 'ก็', 'נַ', '각', '\u00ad', '\u200b'])(
  '%s combines, and is measured whole',
  async (text) => {
    expect((await measureFor(['x', text]))(`a${text}b`)).toBe(stringWidth(`a${text}b`));
  },
);

test.for([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['日本語', 1, '…'],
  ['日本語', 0, ''],
  ['ae\u0301e\u0301', 2, 'a…'],
  ['👨‍👩‍👧👨‍👩‍👧', 3, '👨‍👩‍👧…'],
] as const)('%s cut to %d columns is %s', async ([text, columns, cut]) => {
  expect(cutTo(text, { columns, measure: await measureFor([text]) })).toBe(cut);
});
