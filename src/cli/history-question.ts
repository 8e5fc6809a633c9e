import type { Client } from '../client/api.ts';
import { GhostError } from '../ghost-error.ts';
import type { TaskFilter } from '../projections/task-filter.ts';
import { quoteWord } from '../shell-quote.ts';
import { measureFor } from '../words/display-width.ts';
import { type FilterField, filterFields } from '../words/filter-fields.ts';
import {
  type FilterPlace,
  parseFilterValue,
  parseFilterWords,
  resolveTerms,
  sequencesIn,
  type TypedTerm,
} from '../words/task-filter-words.ts';
import { WrongPiece } from '../words/typed-pieces.ts';
import { visible } from '../words/visible.ts';
import type { CommandContext } from './command.ts';
import type { Invocation, ParsedOptions } from './parse.ts';
import { momentOf, refuseEmptyRange } from './time-option.ts';

/** What is asked by words and by options alike, before anybody is asked. @throws GhostError `usage`. */
export async function historyTerms(
  { options, words }: Invocation,
  context: CommandContext,
): Promise<readonly TypedTerm[]> {
  const place: FilterPlace = {
    nowMs: context.now(),
    // Only looked for where it is needed: it may be gone.
    get cwd() {
      return context.cwd();
    },
    home: context.environment['HOME'] ?? null,
  };
  const typed = words.join(' ');
  try {
    return [...parseFilterWords(typed, place), ...filterFields.flatMap((field) => optionTerms(field, options, place))];
  } catch (error) {
    if (error instanceof WrongPiece && error.text === typed) await pointAt(error, context);
    throw error;
  }
}

function optionTerms(field: FilterField, options: ParsedOptions, place: FilterPlace): readonly TypedTerm[] {
  return options.values(field).flatMap((value) => {
    try {
      return parseFilterValue(field, value, place);
    } catch (error) {
      if (!(error instanceof WrongPiece)) throw error;
      // The same in the words of options; a bare ! is a word of the past to bash.
      throw new GhostError('usage', `--${field}: ${error.reason}`, {
        hint: error.hint.replaceAll(`${field}:`, `--${field} `).replaceAll('!0', "'!0'"),
        cause: error,
      });
    }
  });
}

/** Shows a person where in the words the wrong piece is. */
async function pointAt({ text, from, to }: WrongPiece, { stderr }: CommandContext): Promise<void> {
  if (!stderr.isTerminal) return;
  const [before, piece] = [visible(text.slice(0, from)), visible(text.slice(from, to))];
  const measure = await measureFor([before, piece]);
  const [indent, length] = [measure(before), Math.max(1, measure(piece))];
  if (stderr.columns !== null && indent + length + 2 > stderr.columns) return;
  await stderr.write(`  ${visible(text)}\n  ${' '.repeat(indent)}${'^'.repeat(length)}\n`);
}

/** The filter that terms stand for. @throws GhostError `usage` where an event is not there, or nothing can fit. */
export async function resolveFilter(
  typed: readonly TypedTerm[],
  { client, forgotten }: { readonly client: Client; readonly forgotten: boolean },
): Promise<TaskFilter> {
  const times = new Map<number, number>();
  for (const seq of sequencesIn(typed)) {
    times.set(seq, (await momentOf({ kind: 'sequence', seq }, client)).getTime());
  }
  const terms = resolveTerms(typed, (seq) => times.get(seq) ?? 0);
  const timesOf = (field: 'since' | 'until'): readonly number[] =>
    terms.flatMap((term) => (term.field === field && !term.not ? [Date.parse(term.time)] : []));
  const [since, until] = [timesOf('since'), timesOf('until')];
  if (since.length > 0 && until.length > 0) {
    refuseEmptyRange(new Date(Math.max(...since)), new Date(Math.min(...until)));
  }
  return { terms, forgotten };
}

/** The same command line with another `-n`, for somebody to paste. */
export function withCount({ options, words }: Invocation, count: number): string {
  const flags = ['stats', 'hidden'].filter((flag) => options.has(flag)).map((flag) => `--${flag}`);
  const filters = filterFields.flatMap((field) =>
    options.values(field).map((value) => `--${field} ${quoteWord(value)}`),
  );
  const text = words.length === 0 ? [] : [quoteWord(words.join(' '))];
  return ['ghost history', `-n ${count}`, ...flags, ...filters, ...text].join(' ');
}
