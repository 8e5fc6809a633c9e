import { GhostError } from '../ghost-error.ts';
import { LineSearch } from '../words/line-search.ts';
import { countOption } from './count-option.ts';
import { LogSearch } from './log-search.ts';
import type { Invocation } from './parse.ts';

/** What is looked for in logs, and how many lines around a hit are shown. */
export interface SearchQuestion {
  readonly lines: LineSearch;
  readonly context: number;
}

/**
 * A pattern with `-i` and `-C`. @throws GhostError `usage` where one of them is wrong, or `-C` is asked for in JSON,
 * where a line that matches could not be told from one beside it.
 */
export function searchQuestion(pattern: string, { options, command }: Invocation): SearchQuestion {
  const context = countOption(options, { long: 'context', of: 'lines', hint: `ghost ${command} --context 2` });
  if (context !== null && options.has('json')) {
    throw new GhostError(
      'usage',
      '--json gives the lines that match and none around them; it does not go with --context',
      {
        hint: 'leave one of the two out',
      },
    );
  }
  return { lines: new LineSearch(pattern, { ignoreCase: options.has('ignore-case') }), context: context ?? 0 };
}

/** A search of one log. Each log has its own, since what was found last is remembered. */
export function beginSearch({ lines, context }: SearchQuestion): LogSearch {
  return new LogSearch(lines, { context });
}
