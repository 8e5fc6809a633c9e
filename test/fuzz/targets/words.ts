import { parseByteSize, parseSizeLimit } from '../../../src/byte-size.ts';
import { batchRequests } from '../../../src/cli/batch-request.ts';
import { parseCommandLine } from '../../../src/cli/parse.ts';
import { parseSettings } from '../../../src/daemon/settings-file.ts';
import { parseStatus, outcomeOfShell } from '../../../src/daemon/status-file.ts';
import { GhostError } from '../../../src/ghost-error.ts';
import { parseDuration } from '../../../src/words/duration.ts';
import { LineSearch } from '../../../src/words/line-search.ts';
import { shellWords } from '../../../src/words/shell-words.ts';
import { parseFilterWords } from '../../../src/words/task-filter-words.ts';
import { parsePastTime, parseTime } from '../../../src/words/time.ts';
import { WrongPiece } from '../../../src/words/typed-pieces.ts';
import { complaint, type FuzzTarget, oneOf, type Random } from '../fuzz-target.ts';
import { mutated, mutatedText, randomText } from '../mutate.ts';

const textsPerRound = 500;

/** What reads texts of somebody's within one process: it gives something back, or a refusal. */
interface Reader {
  readonly name: string;
  /** Texts that are right, to begin from. */
  readonly right: readonly [string, ...string[]];
  readonly read: (text: string) => unknown;
  /** With what it may refuse; null: it refuses nothing. */
  readonly refusal: string | null;
}

const nowMs = Date.parse('2026-11-22T14:05:00.000Z');
const place = { nowMs, cwd: '/srv/app', home: '/home/you' };
const linesOfBatch = batchRequests(parseCommandLine(['run', '--batch', '-', '-t', 'all']), {
  environment: { HOME: '/home/you' },
  callerEnvironment: () => [['PATH', '/bin']],
  cwd: () => '/',
});

const readers: readonly [Reader, ...Reader[]] = [
  {
    name: 'times',
    right: ['14:30', 'yesterday 14:30:05.25', '2026-11-20T14:30+01:00', '2 hours ago', '-1h30m', 'seq:1812', 'now'],
    read: (text) => [parseTime(text, { nowMs }), parsePastTime(text, { nowMs })],
    refusal: 'usage',
  },
  { name: 'durations', right: ['500ms', '90s', '1h30m', '2d'], read: (text) => parseDuration(text), refusal: 'usage' },
  {
    name: 'filters',
    right: [
      'npm test exit:!0 longer:5m cwd:.',
      'state:failed,killed since:2h "two words"',
      `name:'a b' tag:!x signal:TERM,KILL until:"yesterday 14:30"`,
    ],
    read: (text) => parseFilterWords(text, place),
    refusal: 'usage',
  },
  {
    name: 'patterns',
    right: ['a.b|c+', '[a-z]*$', '\\p{Lu}\\d{2,3}', '(?<=x)y\\b'],
    read: searchOnce,
    refusal: 'usage',
  },
  {
    name: 'sizes',
    right: ['4MiB', '500MB', '10%'],
    read: (text) => [parseByteSize(text), parseSizeLimit(text)],
    refusal: null,
  },
  { name: 'words of a shell', right: [`a 'b c' "d\\"e" f\\ g`], read: (text) => shellWords(text), refusal: null },
  {
    name: 'settings',
    right: [
      '{ "logs": { "segmentSize": "4MiB", "maxPerTask": "1GB", "maxTotal": "10%", "keepFree": "1GiB" } }',
      '{\n  // a comment\n  "logs": {},\n}\n',
    ],
    read: (text) => parseSettings(text, { path: '/config.json' }),
    refusal: 'config-invalid',
  },
  {
    name: 'lines of a batch',
    right: ['{"command":["sleep","60"],"name":"nap","cwd":"/","env":{"A":"b"},"tags":["x"]}', '{"command":["true"]}'],
    read: (text) => linesOfBatch(text),
    refusal: 'usage, invalid-request, request-too-large, cwd-not-usable, spawn-failed',
  },
  {
    name: 'status files',
    right: ['pumps 12 13\nstart 14 123456\nexit 0\n0m0.00s 0m0.00s\n0m0.01s 0m0.02s\n', 'abort no such file\n'],
    read: (text) => [parseStatus(text), outcomeOfShell(parseStatus(text).exitStatus ?? 0, { messages: text })],
    refusal: null,
  },
];

/** Everything that reads what was typed, or a file that anybody may have written. */
export const words: FuzzTarget = {
  name: 'words',
  begin: () =>
    Promise.resolve({
      round: (random: Random) => Promise.resolve(Array.from({ length: textsPerRound }, () => tryOne(random)).flat()),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

function tryOne(random: Random): readonly string[] {
  const { name, right, read, refusal } = oneOf(random, readers);
  let text: string = oneOf(random, right);
  if (text.startsWith('{') && random(2) === 0) text = mutatedJson(text, random);
  for (let times = random(5); times > 0; times -= 1) text = mutatedText(text, random);
  if (random(10) === 0) text = randomText(random);
  try {
    read(text);
    return [];
  } catch (error) {
    if (!(error instanceof GhostError)) return [complaint(`${name} threw ${String(error)}`, text)];
    if (refusal === null || !refusal.split(', ').includes(error.code)) {
      return [complaint(`${name} refused with ${error.code} (${error.message})`, text)];
    }
    return isWithin(error, text) ? [] : [complaint(`${name} point beside the text`, { text, error: error.message })];
  }
}

/** Where a refusal points at what was typed, it points into it. */
function isWithin(error: GhostError, text: string): boolean {
  if (!(error instanceof WrongPiece) || !('from' in error)) return true;
  return error.text === text && error.from >= 0 && error.from <= error.to && error.to <= text.length;
}

function mutatedJson(text: string, random: Random): string {
  try {
    return JSON.stringify(mutated(JSON.parse(text), random)) ?? '';
  } catch {
    return text;
  }
}

/** A pattern is tried once, on little, and not for long. */
function searchOnce(text: string): unknown {
  return new LineSearch(text, { msMax: 1_000 }).linesIn(Buffer.from('abc xy\n\u00e9 Z12\n\n'));
}
