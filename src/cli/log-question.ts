import type { LogOptions } from '../client/api.ts';
import { GhostError } from '../ghost-error.ts';
import { streamNames } from '../stream-names.ts';
import { countOption } from './count-option.ts';
import type { Invocation, ParsedOptions } from './parse.ts';
import { searchQuestion, type SearchQuestion } from './search-options.ts';
import { timeRangeOption, type TypedRange } from './time-option.ts';

/** What `ghost log` was asked. */
export interface LogQuestion {
  /** Without the range, whose times may have to be asked for first. */
  readonly request: LogOptions & { readonly follow: boolean };
  readonly range: TypedRange;
  /** With how many of the last hits are wanted, or null for all. */
  readonly search: (SearchQuestion & { readonly last: number | null }) | null;
}

/** Reads the options of `ghost log`. @throws GhostError `usage`. */
export function logQuestion(invocation: Invocation, { nowMs }: { readonly nowMs: number }): LogQuestion {
  const { options } = invocation;
  const lines = countOption(options, { long: 'lines', of: 'lines', hint: 'ghost log --lines 10 ID' });
  const pattern = options.value('grep');
  if (pattern === null) refuseWithoutGrep(options);
  const only = streamNames.filter((stream) => options.has(stream));
  return {
    request: {
      follow: options.has('follow'),
      streams: only.length === 1 && only[0] !== undefined ? only[0] : 'both',
      // With a pattern it is the lines that match which are counted, and the daemon knows of no pattern.
      ...(lines === null || pattern !== null ? {} : { lines }),
    },
    range: timeRangeOption(options, { nowMs }),
    search: pattern === null ? null : { ...searchQuestion(pattern, invocation), last: lines },
  };
}

function refuseWithoutGrep(options: ParsedOptions): void {
  const lonely = ['ignore-case', 'context'].find((long) => options.has(long));
  if (lonely === undefined) return;
  throw new GhostError('usage', `--${lonely} says how to search, and nothing is searched for`, {
    hint: `ghost log --grep REGEX --${lonely}${lonely === 'context' ? ' 2' : ''} ID`,
  });
}
