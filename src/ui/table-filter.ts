import { GhostError } from '../ghost-error.ts';
import { type FilterPlace, parseFilterWords, resolveTerms, sequencesIn } from '../words/task-filter-words.ts';
import { visible } from '../words/visible.ts';
import { noFilter, type TableFilter } from './screen-state.ts';

interface KnownTimes {
  /** The time of an event in milliseconds since 1970, or null where it is not known. */
  readonly timeOf: (seq: number) => number | null;
}

/** The filter that words stand for (those of `ghost history`), or why they stand for none. */
export function readFilter(text: string, { timeOf, ...place }: FilterPlace & KnownTimes): TableFilter {
  if (text.trim() === '') return noFilter;
  try {
    const typed = parseFilterWords(text, place);
    const unknown = sequencesIn(typed).find((seq) => timeOf(seq) === null);
    if (unknown !== undefined) {
      return { text, terms: null, problem: `the time of event ${unknown} is not known here; type it as a time` };
    }
    return { text, terms: { terms: resolveTerms(typed, (seq) => timeOf(seq) ?? 0), forgotten: false }, problem: null };
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    const hint = error.hint === '' ? '' : ` (${error.hint})`;
    return { text, terms: null, problem: visible(`${error.message}${hint}`) };
  }
}
