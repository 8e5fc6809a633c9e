import type { FilterTerm, TaskFilter } from '../../src/projections/task-filter.ts';
import { formatDuration } from '../../src/words/duration.ts';
import { takesAlternatives } from '../../src/words/filter-fields.ts';
import { valueText } from '../../src/words/task-filter-text.ts';

/** The words that stand for a filter: read again by `parseFilterWords`, they give the same terms. */
export function filterWords({ terms }: Pick<TaskFilter, 'terms'>): string {
  const words: string[] = [];
  for (const [place, term] of terms.entries()) {
    const before = terms[place - 1];
    const joins = takesAlternatives(term.field) && before?.field === term.field && before.not === term.not;
    if (joins) words.push(`${words.pop() ?? ''},${valueWord(term)}`);
    else words.push(`${term.field === 'text' ? '' : `${term.field}:`}${term.not ? '!' : ''}${valueWord(term)}`);
  }
  return words.join(' ');
}

function valueWord(term: FilterTerm): string {
  switch (term.field) {
    case 'text':
      return valueText(term.text);
    case 'exit':
      return String(term.code);
    case 'state':
      return term.state;
    case 'signal':
      return term.signal.replace(/^SIG/, '');
    case 'name':
      return valueText(term.name);
    case 'tag':
      return valueText(term.tag);
    case 'cwd':
      return valueText(term.folder);
    case 'since':
    case 'until':
      return term.time;
    case 'longer':
    case 'shorter':
      return formatDuration(term.durationMs);
  }
}
