import fc from 'fast-check';
import { expect, test } from 'vitest';

import { quoteCommand } from '../../src/shell-quote.ts';
import { shellWords } from '../../src/words/shell-words.ts';

test.for([
  ['npm test', ['npm', 'test']],
  ['  a   b ', ['a', 'b']],
  ['echo \'a b\' "c d" e\\ f', ['echo', 'a b', 'c d', 'e f']],
  ['echo ""', ['echo', '']],
  ['echo "a\\"b\\$c"', ['echo', 'a"b$c']],
  ["echo $'a\\nb\\033\\u202e'", ['echo', 'a\nb\u001b\u202e']],
  ['echo a#b x~ {a', null],
  ['git log --format=%H~1', ['git', 'log', '--format=%H~1']],
] as const)('%s', ([line, words]) => {
  expect(shellWords(line)).toEqual(words === null ? { kind: 'script' } : { kind: 'words', words });
});

test.for(['a | b', 'a > b', 'a; b', 'echo $HOME', 'echo "$HOME"', 'ls *.ts', 'A=1 b', 'a && b', '(a)', '~/x', 'a `b`'])(
  '%s is a script',
  (line) => {
    expect(shellWords(line)).toEqual({ kind: 'script' });
  },
);

test.for(["echo 'a", 'echo "a', 'echo a\\', "echo $'a"])('%s is unfinished', (line) => {
  expect(shellWords(line).kind).toBe('unfinished');
});

test('reads back what ghost writes as a command line', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1 }), (words) => {
      // The halves of a surrogate pair are no text that a shell could be given.
      const sound = words.map((word) => word.toWellFormed());
      expect(shellWords(quoteCommand(sound))).toEqual({ kind: 'words', words: sound });
    }),
  );
});
