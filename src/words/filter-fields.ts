import type { FilterTerm } from '../projections/task-filter.ts';

/** What tasks can be asked for by, besides what their command has in it. */
export const filterFields = [
  'exit',
  'state',
  'signal',
  'name',
  'tag',
  'cwd',
  'since',
  'until',
  'longer',
  'shorter',
] as const;
export type FilterField = (typeof filterFields)[number];

/** One that can only have one value: several of those are alternatives. A folder may have a comma in its name. */
export function takesAlternatives(field: FilterTerm['field']): boolean {
  return field === 'exit' || field === 'state' || field === 'signal' || field === 'name';
}

/** What a field can be followed by, for hints. */
export const fieldExamples: Readonly<Record<FilterField, string>> = {
  exit: '!0',
  state: 'failed,killed',
  signal: 'TERM',
  name: 'web',
  tag: 'ci',
  cwd: '.',
  since: '2h',
  until: '"yesterday 14:30"',
  longer: '5m',
  shorter: '10s',
};
