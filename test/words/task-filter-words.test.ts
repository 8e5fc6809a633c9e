import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { FilterTerm } from '../../src/projections/task-filter.ts';
import { taskStates } from '../../src/projections/task-view.ts';
import { filterTermsMax, filterTextCharactersMax } from '../../src/protocol/limits.ts';
import { signalNames } from '../../src/protocol/signals.ts';
import { centuryMs, formatDuration } from '../../src/words/duration.ts';
import { parseFilterValue, parseFilterWords, resolveTerms, sequencesIn } from '../../src/words/task-filter-words.ts';
import { WrongPiece } from '../../src/words/typed-pieces.ts';
import { filterWords } from './filter-words.ts';

process.env['TZ'] = 'UTC';

const place = { nowMs: Date.parse('2026-11-22T14:05:00.000Z'), cwd: '/srv/app', home: '/home/you' };
const overLongest = formatDuration(centuryMs + 1);
const is = { not: false } as const;
const not = { not: true } as const;

function termsOf(words: string): readonly FilterTerm[] {
  return resolveTerms(parseFilterWords(words, place), (seq) => seq * 1000);
}

function refusal(words: string): WrongPiece {
  try {
    parseFilterWords(words, place);
  } catch (error) {
    if (error instanceof WrongPiece) return error;
    throw error;
  }
  throw new Error(`${words} was taken`);
}

describe('words', () => {
  test('of the contract ask for what they say', () => {
    expect(termsOf('npm test exit:!0 longer:5m cwd:.')).toEqual([
      { ...is, field: 'text', text: 'npm' },
      { ...is, field: 'text', text: 'test' },
      { ...not, field: 'exit', code: 0 },
      { ...is, field: 'longer', durationMs: 300_000 },
      { ...is, field: 'cwd', folder: '/srv/app' },
    ]);
  });

  test.for<[string, readonly FilterTerm[]]>([
    ['', []],
    ['  \t ', []],
    ['"two words"', [{ ...is, field: 'text', text: 'two words' }]],
    ["!'two words'", [{ ...not, field: 'text', text: 'two words' }]],
    ["don't", [{ ...is, field: 'text', text: "don't" }]],
    ['"a \\"b\\" \\\\"', [{ ...is, field: 'text', text: 'a "b" \\' }]],
    ['"test:unit"', [{ ...is, field: 'text', text: 'test:unit' }]],
    ['"exit":0', [{ ...is, field: 'text', text: 'exit:0' }]],
    ['https://example.org', [{ ...is, field: 'text', text: 'https://example.org' }]],
    ['3000:80', [{ ...is, field: 'text', text: '3000:80' }]],
    ['-v', [{ ...is, field: 'text', text: '-v' }]],
    ['EXIT:3', [{ ...is, field: 'exit', code: 3 }]],
    [
      'state:failed,killed',
      [
        { ...is, field: 'state', state: 'failed' },
        { ...is, field: 'state', state: 'killed' },
      ],
    ],
    [
      'exit:!0,1',
      [
        { ...not, field: 'exit', code: 0 },
        { ...not, field: 'exit', code: 1 },
      ],
    ],
    [
      'signal:TERM,SIGKILL,hup,2',
      ['SIGTERM', 'SIGKILL', 'SIGHUP', 'SIGINT'].map((signal) => ({ ...is, field: 'signal', signal })),
    ],
    [
      'name:web,"a, b"',
      [
        { ...is, field: 'name', name: 'web' },
        { ...is, field: 'name', name: 'a, b' },
      ],
    ],
    [
      'tag:ci tag:!slow tag:"a,b"',
      [
        { ...is, field: 'tag', tag: 'ci' },
        { ...not, field: 'tag', tag: 'slow' },
        { ...is, field: 'tag', tag: 'a,b' },
      ],
    ],
    ['cwd:~', [{ ...is, field: 'cwd', folder: '/home/you' }]],
    ['cwd:~/x/../y', [{ ...is, field: 'cwd', folder: '/home/you/y' }]],
    ['cwd:"~"', [{ ...is, field: 'cwd', folder: '/srv/app/~' }]],
    ['cwd:~root', [{ ...is, field: 'cwd', folder: '/srv/app/~root' }]],
    ['cwd:..', [{ ...is, field: 'cwd', folder: '/srv' }]],
    ['cwd:/a,b', [{ ...is, field: 'cwd', folder: '/a,b' }]],
    ['since:2h', [{ ...is, field: 'since', time: '2026-11-22T12:05:00.000Z' }]],
    ['since:-2h', [{ ...is, field: 'since', time: '2026-11-22T12:05:00.000Z' }]],
    ['since:"2h ago"', [{ ...is, field: 'since', time: '2026-11-22T12:05:00.000Z' }]],
    ['until:14:30', [{ ...is, field: 'until', time: '2026-11-22T14:30:00.000Z' }]],
    ['since:"yesterday 14:30"', [{ ...is, field: 'since', time: '2026-11-21T14:30:00.000Z' }]],
    ['since:2026-11-20T14:30:00Z', [{ ...is, field: 'since', time: '2026-11-20T14:30:00.000Z' }]],
    ['since:seq:7', [{ ...is, field: 'since', time: '1970-01-01T00:00:07.000Z' }]],
    ['shorter:1h30m', [{ ...is, field: 'shorter', durationMs: 5_400_000 }]],
  ])('%j is understood', ([words, terms]) => {
    expect(termsOf(words)).toEqual(terms);
  });

  test('tell of which events the times are needed', () => {
    expect(sequencesIn(parseFilterWords('since:seq:7 until:2h until:seq:9', place))).toEqual([7, 9]);
  });

  test('given to an option by itself have the same grammar, and white space belongs to the value', () => {
    expect(parseFilterValue('exit', '!0', place)).toEqual([{ ...not, field: 'exit', code: 0 }]);
    expect(parseFilterValue('name', 'two words,web', place)).toEqual([
      { ...is, field: 'name', name: 'two words' },
      { ...is, field: 'name', name: 'web' },
    ]);
    expect(resolveTerms(parseFilterValue('since', 'yesterday 14:30', place), () => 0)).toEqual(
      termsOf('since:"yesterday 14:30"'),
    );
    expect(() => parseFilterValue('state', '', place)).toThrow(WrongPiece);
  });
});

describe('a wrong one', () => {
  test.for<[words: string, piece: string, message: string, hint: string]>([
    ['npm exti:!0', 'exti', 'column 5: there is no field "exti" (of exti:!0)', 'exit:!0 '],
    ['npm run test:unit', 'test', 'column 9: there is no field "test"', '"test:unit"'],
    ['"ö" stat:x', 'stat', 'column 5: there is no field "stat"', 'state:x'],
    ['!exit:0', '!exit', 'column 1: the ! stands behind the colon', 'exit:!0'],
    ['exit:256', '256', 'column 6: "256" is no exit status: it is 0 to 255', 'exit:3, exit:!0'],
    ['exit:1,x', 'x', 'column 8: "x" is no exit status', 'exit:'],
    ['exit:', '', 'column 6: a value is missing', 'exit:!0'],
    ['a exit:! b', '', 'column 9: a value is missing', 'exit:!0'],
    ['state:runing', 'runing', 'column 7: there is no state "runing"; there are running, exited', 'state:running'],
    ['signal:TREM', 'TREM', 'column 8: there is no signal "TREM"', 'signal:TERM'],
    ['tag:a,"b c"', 'a,"b c"', 'column 5: a task can bear several tags', 'tag:a tag:"b c"'],
    ['x since:"last week"', '"last week"', 'column 9: "last week" is no time', '14:30'],
    ['since:2026-02-30', '2026-02-30', 'column 7: "2026-02-30" is no time: there is no such day', '14:30'],
    ['longer:5', '5', 'column 8: the duration "5" has no unit', '5s'],
    ['longer:99999d', '99999d', 'column 8: 99999d is too long', '36525d'],
    [`shorter:${overLongest}`, overLongest, `column 9: ${overLongest} is too long`, formatDuration(centuryMs)],
    ['a "b c', '"b c', 'column 3: the quote of "b c is not closed', '"b c"'],
    ['""', '""', 'column 1: text has at least one character', ''],
    ['name:web,', '', 'column 10: a name has at least one character', ''],
    [
      `${'é'.repeat(filterTextCharactersMax)}é`,
      'é'.repeat(filterTextCharactersMax + 1),
      'column 1: text has at most',
      '',
    ],
  ])('%j is refused by name and position', ([words, piece, message, hint]) => {
    const error = refusal(words);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.code).toBe('usage');
    expect(words.slice(error.from, error.to)).toBe(piece);
  });

  test('duration that is the longest there may be is taken', () => {
    expect(termsOf(`longer:${formatDuration(centuryMs)}`)).toMatchObject([{ field: 'longer', durationMs: centuryMs }]);
  });

  test('home folder is refused where none is known', () => {
    expect(() => parseFilterWords('cwd:~', { ...place, home: null })).toThrow('HOME is not set');
  });

  test('number of conditions is one more than the limit', () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'a').join(' ');
    expect(termsOf(words(filterTermsMax))).toHaveLength(filterTermsMax);
    const error = refusal(words(filterTermsMax + 1));
    expect(error.message).toContain(`that is more than ${filterTermsMax} conditions`);
    expect(error.from).toBe(filterTermsMax * 2);
    expect(termsOf('é'.repeat(filterTextCharactersMax))).toHaveLength(1);
  });
});

describe('a filter', () => {
  test('is written in the words that a person would type', () => {
    expect(filterWords({ terms: termsOf('npm "two words" exit:!0 state:failed state:killed since:2h cwd:~') })).toBe(
      'npm "two words" exit:!0 state:failed,killed since:2026-11-22T12:05:00.000Z cwd:/home/you',
    );
  });

  test('becomes words that are read as the same filter', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'aZ0 \t\n:,!"\'\\~/.-é日👍\u202e'),
      minLength: 1,
      maxLength: 12,
    });
    const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    const terms = fc.array(
      fc
        .oneof(
          fc.record({ field: fc.constant('text' as const), text }),
          fc.record({ field: fc.constant('state' as const), state: fc.constantFrom(...taskStates) }),
          fc.record({ field: fc.constant('exit' as const), code: fc.integer({ min: 0, max: 255 }) }),
          fc.record({ field: fc.constant('signal' as const), signal: fc.constantFrom(...signalNames) }),
          fc.record({ field: fc.constant('name' as const), name: text }),
          fc.record({ field: fc.constant('tag' as const), tag: text }),
          fc.record({
            field: fc.constant('cwd' as const),
            folder: fc
              .array(fc.stringMatching(/^[a ~,:"'!é]+$/), { maxLength: 3 })
              .map((names) => `/${names.join('/')}`),
          }),
          fc.record({
            field: fc.constantFrom('since' as const, 'until' as const),
            time: time.map((date) => date.toISOString()),
          }),
          fc.record({
            field: fc.constantFrom('longer' as const, 'shorter' as const),
            durationMs: fc.integer({ min: 0, max: 36_525 * 86_400_000 }),
          }),
        )
        .chain((term) => fc.boolean().map((not): FilterTerm => ({ not, ...term }))),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(terms, (terms) => {
        expect(termsOf(filterWords({ terms }))).toEqual(terms);
      }),
      { numRuns: 1_000 },
    );
  });
});
