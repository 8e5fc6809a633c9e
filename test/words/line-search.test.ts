import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import { linesOf } from '../../src/words/line-carry.ts';
import { LineSearch } from '../../src/words/line-search.ts';
import { blockPattern } from '../../src/words/search-pattern.ts';

/** The lines that match, found one by one as a person would. */
function oneByOne(pattern: RegExp, block: Buffer): readonly string[] {
  return linesOf(block)
    .filter((line) => pattern.test(Buffer.from(line).toString()))
    .map((line) => Buffer.from(line).toString('latin1'));
}

function found(search: LineSearch, block: Buffer): readonly string[] {
  return search.linesIn(block).map(({ from, to }) => block.toString('latin1', from, to));
}

/** As `LineSearch` says that it reads a pattern. */
function plain(pattern: string, { ignoreCase }: { ignoreCase: boolean }): RegExp | null {
  const flags = ignoreCase ? 'is' : 's';
  try {
    if (/\\[pP]\{|\\u\{/.test(pattern)) return new RegExp(pattern, `${flags}u`);
    if (/\P{ASCII}/u.test(pattern)) {
      try {
        return new RegExp(pattern, `${flags}u`);
      } catch {
        return new RegExp(pattern, flags);
      }
    }
    return new RegExp(pattern, flags);
  } catch {
    return null;
  }
}

const nasty: readonly string[] = [
  '',
  '^',
  '$',
  '^$',
  'a',
  '^a',
  'a$',
  'a.b',
  'a.*b',
  '^.$',
  '^..$',
  '^.{3}$',
  '^.{2,3}$',
  '.',
  '.+',
  '\\s',
  '\\s+b',
  'a\\sb',
  '^\\s*$',
  '[^a]',
  '^[^a]$',
  '^[^a]+$',
  '[^\\s]',
  '[^\\s,]+b',
  '[^-a]',
  '[-a]b',
  '[^a-]',
  '[\\s\\S]',
  'a[\\s\\S]*b',
  'a[^]b',
  '[]',
  '[\\s-]',
  '[\\w\\s]+$',
  '\\W',
  '\\D',
  '\\S',
  '^\\S+$',
  '^\\W$',
  '^\\D{2}$',
  'a\\nb',
  '\\n',
  'a\nb',
  '[\\n]',
  '[\\0-\\x20]',
  '\\r',
  'a\\r?$',
  '\\bb\\b',
  '\\Bb',
  '\\B',
  'a(?!b)',
  'a(?=b)',
  '(?<!a)b',
  '(?<=a)b',
  '^(?!.*b)',
  '(?=.*a)(?=.*b)',
  '(?=a)*b',
  '(a)\\1',
  '(?<x>a)\\k<x>',
  '(?<x>a|b)+',
  '(a|b)|(b|é)',
  '(?i:A)b',
  '(?-i:a)',
  'é',
  'É',
  'é+',
  'é?b',
  '^é$',
  '日.',
  '[é日]',
  '[^é]',
  '👍',
  '👍+',
  '^👍.$',
  '^.👍',
  '[👍a]',
  'é\\-',
  '\ufffd',
  '^\ufffd$',
  'K',
  '\u212a',
  '\\u00e9',
  '\\xe9',
  '\\x61',
  '\\u0061',
  '\\u{e9}',
  '\\p{L}',
  '^\\P{L}$',
  '\\p{Lu}b',
  '\\0',
  '\\07',
  '\\cJ',
  '\\ca',
  '\\c',
  'a{',
  'a{,2}',
  'a{2}',
  'a{0}b',
  'a{1,}?b',
  '(?:a|.){2}b',
  '(.)*b',
  '(?:.b)+$',
  '\\/',
  '[/\\]]',
  '\\-',
  '[a\\-b]',
  '[^\\d\\w]',
  '[^\\W]',
  '[^\\S]',
  '[^\\D]b',
  '\u2028',
  '.\u2028?b',
];

const letters = fc.constantFrom(
  ...['a', 'b', 'A', 'B', 'k', 'K', ' ', '\t', '\r', '\0', '-', ',', '1', '{', '\\', '/', ']'].map((text) =>
    Buffer.from(text),
  ),
  ...['é', 'É', '日', '👍', '\u2028', '\u00a0', '\ufeff', '\ufffd', '\u212a', 'ſ', 'à'].map((text) =>
    Buffer.from(text),
  ),
  // What is no UTF-8: a lone lead, a lone trail, half a character.
  Buffer.from([0xff]),
  Buffer.from([0xa0]),
  Buffer.from([0xe6, 0x97]),
  Buffer.from([0xf0, 0x9f]),
);
const block = fc
  .array(fc.oneof({ weight: 3, arbitrary: letters }, { weight: 1, arbitrary: fc.constant(Buffer.from('\n')) }), {
    maxLength: 40,
  })
  .map((pieces) => Buffer.concat(pieces));
const ascii = fc
  .array(fc.constantFrom(...['a', 'b', 'A', 'k', ' ', '\r', '-', '\n'].map((text) => Buffer.from(text))), {
    maxLength: 40,
  })
  .map((pieces) => Buffer.concat(pieces));

describe('a whole block gives the lines that looking at one after the other gives', () => {
  test.for(nasty.flatMap((pattern) => [false, true].map((ignoreCase) => ({ pattern, ignoreCase }))))(
    'for $pattern, without regard to case $ignoreCase',
    (given) => {
      const naive = plain(given.pattern, given);
      if (naive === null) throw new Error('the list has a pattern that is none');
      const search = new LineSearch(given.pattern, given);
      fc.assert(
        fc.property(fc.oneof(block, ascii), (bytes) => {
          expect(found(search, bytes)).toEqual(oneByOne(naive, bytes));
        }),
        { numRuns: 150 },
      );
    },
  );

  test('for whatever pattern can be made of such pieces', () => {
    const pieces =
      'a b k é 日 👍 . \\s \\S \\w \\W \\d \\D \\b \\B ^ $ - \\n \\x61 \\xe9 \\u00e9 \\p{L} \\- \\r \\1 ' +
      '[^a] [a-k] [^\\s] [\\s,] [é-日] [^-] (?=a) (?!b) (?<=a) (?<!é) (?: ( ) | * + ? *? {2} {1,} {0,2}';
    const piece = fc.constantFrom(' ', ...pieces.split(' '));
    const pattern = fc.array(piece, { minLength: 1, maxLength: 7 }).map((pieces) => pieces.join(''));
    let tried = 0;
    fc.assert(
      fc.property(pattern, fc.boolean(), fc.array(block, { maxLength: 4 }), (source, ignoreCase, blocks) => {
        const naive = plain(source, { ignoreCase });
        fc.pre(naive !== null);
        const search = new LineSearch(source, { ignoreCase });
        for (const bytes of blocks) expect(found(search, bytes)).toEqual(oneByOne(naive, bytes));
        tried += 1;
      }),
      { numRuns: 4000 },
    );
    expect(tried).toBe(4000);
  });
});

describe('a block is read', () => {
  test.for([
    ['ERROR', 'ERROR'],
    ['^a.*b$', '^a[^\\n]*b$'],
    ['a\\s*=', 'a[\\t\\v\\f\\r \\x80-\\xff]*='],
    ['[^"]+"', '[^\\n"]+"'],
    ['(a|b)(?!c)', '(?:a|b)(?:)'],
    ['ü', '(?:\\xc3\\xbc)'],
    ['\\d{3}ms', '\\d{3}ms'],
  ] as const)('as bytes for %s', ([pattern, bytes]) => {
    expect(blockPattern(pattern, '')?.bytes).toBe(bytes);
  });

  test.for(['a.b', '.{3}', '\\sx', '[^a]b', '[é]', '\\xe9', 'é.'])('as characters for %s', (pattern) => {
    expect(blockPattern(pattern, '')).toMatchObject({ bytes: null });
  });

  test.for(['(a)\\1', '(?i:a)', '(?<n>a)\\k<n>'])('line by line for %s', (pattern) => {
    expect(blockPattern(pattern, '')).toBeNull();
  });
});

test.for([
  ['a.*foo\\.b+', 'foo.'],
  ['^[^"]+"$', '"'],
  ['a|b', ''],
  ['(foo)', ''],
  ['fo{2}b', 'f'],
  ['x\\\\y', 'x\\y'],
  ['é\\d', ''],
] as const)('every match of %s holds "%s"', ([pattern, needed]) => {
  expect(blockPattern(pattern, '')?.needed).toBe(needed);
  expect(blockPattern(pattern, 'i')?.needed).toBe('');
});

test('a line without its newline at the end of a block is a line, and nothing after a last newline is one', () => {
  const search = new LineSearch('');
  expect(search.linesIn(Buffer.from('a\n\nb'))).toEqual([
    { from: 0, to: 1 },
    { from: 2, to: 2 },
    { from: 3, to: 4 },
  ]);
  expect(search.linesIn(Buffer.from('a\n'))).toEqual([{ from: 0, to: 1 }]);
  expect(search.linesIn(Buffer.alloc(0))).toEqual([]);
});

test('a part of a larger memory is searched by itself', () => {
  const memory = Buffer.from('xxfoo\nbar\nxx');
  const part = new Uint8Array(memory.buffer, memory.byteOffset + 2, 8);
  expect(new LineSearch('^bar$').linesIn(part)).toEqual([{ from: 4, to: 7 }]);
  expect(new LineSearch('^foo').linesIn(part.subarray(0, 3))).toEqual([{ from: 0, to: 3 }]);
});

describe('what is no regular expression is refused with the place and the reason', () => {
  test.for([
    ['(foo', 'unterminated group, at character 1', "'\\(foo'"],
    ['a(b)(c', 'unterminated group, at character 5', "'a\\(b\\)\\(c'"],
    ['foo)', "unmatched ')', at character 4", "'foo\\)'"],
    ['a[bc', 'unterminated character class, at character 2', "'a\\[bc'"],
    ['*x', 'nothing to repeat, at character 1', "'\\*x'"],
    ['a|+', 'nothing to repeat, at character 3', "'a\\|\\+'"],
    ['(?:?)', 'nothing to repeat, at character 4', "'\\(\\?:\\?\\)'"],
    ['x\\', '\\ at end of pattern, at character 2', "'x\\\\'"],
    ['a{2,1}', 'numbers out of order in {} quantifier', "'a\\{2,1\\}'"],
    ['\\p{Nonsense}', 'invalid property name', "'\\\\p\\{Nonsense\\}'"],
  ] as const)('%s', ([pattern, why, literal]) => {
    expect(refusalOf(pattern)).toMatchObject({
      code: 'usage',
      message: `"${pattern}" is no regular expression: ${why}`,
      hint: `${literal}  (for just these characters)`,
    });
  });
});

function refusalOf(pattern: string): GhostError {
  try {
    expect(new LineSearch(pattern)).toBe('refused');
  } catch (error) {
    if (error instanceof GhostError) return error;
    throw error;
  }
  throw new Error('it was taken');
}
