import { GhostError } from '../../ghost-error.ts';
import { inTime, TookTooLong } from '../../words/in-time.ts';
import { refusedPattern } from '../../words/refused-pattern.ts';

/** What stands for a part of a line that is not compared. */
const blank = '…';

/**
 * What differs from one run to the next and means nothing: dates with or without a time, times of day, and durations
 * with a unit (`1.2s`, `35 ms`, `2 minutes`).
 */
const usual: readonly RegExp[] = [
  /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?/g,
  /(?<![\w:.])\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?![\w:])/g,
  /(?<![\w.])\d+(?:[.,]\d+)?\s?(?:ns|[u\u00b5]s|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?)(?!\w)/g,
];

/** How long that may take over a log, in milliseconds. */
const blankMsMax = 10_000;

/** Makes of a line what is compared. */
type Blanking = (line: string) => string;

/**
 * @param options.exact compare lines as they are, but for `patterns`.
 * @param options.pids the process ids of both tasks, which are left out of the lines of either: a number that both
 *   wrote must not become another one because one of them was it.
 */
export function blanking(
  patterns: readonly RegExp[],
  { exact, pids }: { readonly exact: boolean; readonly pids: readonly number[] },
): Blanking {
  const own = exact || pids.length === 0 ? [] : [new RegExp(`(?<!\\w)(?:${pids.join('|')})(?!\\w)`, 'g')];
  const all = [...patterns, ...(exact ? [] : usual), ...own];
  if (all.length === 0) return (line) => line;
  return (line) => {
    const blanked = all.reduce((text, pattern) => text.replace(pattern, blank), line);
    // `2m 10s` and ` 9.5s` are as good as `10s`.
    return blanked === line ? line : blanked.replace(/(?<!\s)\s*\u2026(?:\s*\u2026)*/g, blank);
  };
}

/**
 * What is compared of the lines of a log.
 * @throws GhostError `usage` where the patterns take too long over them.
 */
export function blanked(lines: readonly string[], blank: Blanking): readonly string[] {
  try {
    return inTime(() => lines.map(blank), { limitMs: blankMsMax });
  } catch (error) {
    if (!(error instanceof TookTooLong)) throw error;
    const message = `what --ignore says takes too long over the log: it was given up after ${blankMsMax / 1_000} s`;
    throw new GhostError('usage', message, { hint: 'a pattern without a repeat within a repeat' });
  }
}

/** The patterns of `--ignore`. @throws GhostError `usage`. */
export function ignorePatterns(texts: readonly string[]): readonly RegExp[] {
  return texts.map((text) => {
    if (text === '') throw new GhostError('usage', '--ignore needs a pattern', { hint: "--ignore 'build [0-9]+'" });
    try {
      return new RegExp(text, 'gu');
    } catch (error) {
      if (error instanceof SyntaxError) throw refusedPattern(text, error);
      throw error;
    }
  });
}
