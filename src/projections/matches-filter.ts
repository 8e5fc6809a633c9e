import type { Microseconds } from '../journal/events.ts';
import { microsecondsOf } from '../microseconds.ts';
import { searchNeedle, searchText } from './search-text.ts';
import type { FilterTerm, TaskFilter } from './task-filter.ts';
import { viewTask } from './task-view.ts';
import type { Task } from './task.ts';

/** The fields of which a task has one value, so that several terms of one are alternatives of each other. */
const singleValued: readonly FilterTerm['field'][] = ['state', 'exit', 'signal', 'name', 'cwd'];

/** The fields that tell of a task's end: to have ended otherwise, it must have ended. */
export const endings: readonly FilterTerm['field'][] = ['exit', 'signal'];

/**
 * Whether a task is one that a filter asks for. `now` is what the duration of a running task is counted to. The same
 * as the history's SQL says (`filter-sql.ts`).
 */
export function matchesFilter(task: Task, filter: TaskFilter, { now }: { now: Microseconds }): boolean {
  if (task.forgottenAt !== null && !filter.forgotten) return false;
  const holds = (term: FilterTerm): boolean => {
    if (!term.not) return termHolds(task, term, { now });
    return !termHolds(task, term, { now }) && (!endings.includes(term.field) || viewTask(task).state !== 'running');
  };
  return groupTerms(filter.terms).every((group) => group.some(holds));
}

/** Terms as groups of which each must have one that holds. */
export function groupTerms(terms: readonly FilterTerm[]): readonly (readonly FilterTerm[])[] {
  const groups = new Map<FilterTerm['field'], FilterTerm[]>();
  const alone: FilterTerm[][] = [];
  for (const term of terms) {
    if (term.not || !singleValued.includes(term.field)) {
      alone.push([term]);
      continue;
    }
    const group = groups.get(term.field) ?? [];
    groups.set(term.field, group);
    group.push(term);
  }
  return [...groups.values(), ...alone];
}

/** A folder as the beginning that all paths below it have: `/srv/` of `/srv`. */
export function folderPrefix(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}

function termHolds(task: Task, term: FilterTerm, { now }: { now: Microseconds }): boolean {
  switch (term.field) {
    case 'text':
      return searchText(task).includes(searchNeedle(term.text));
    case 'state':
      return viewTask(task).state === term.state;
    case 'exit':
      return viewTask(task).exitCode === term.code;
    case 'signal':
      return viewTask(task).signal === term.signal;
    case 'name':
      return task.name === term.name;
    case 'tag':
      return task.tags.includes(term.tag);
    case 'cwd':
      return folderPrefix(task.cwd).startsWith(folderPrefix(term.folder));
    case 'since':
      return task.submittedAt >= microsecondsOf(term.time);
    case 'until':
      return task.submittedAt < microsecondsOf(term.time);
    case 'longer': {
      const durationMs = durationSoFar(task, { now });
      return durationMs !== null && durationMs >= term.durationMs;
    }
    case 'shorter': {
      const durationMs = durationSoFar(task, { now });
      return durationMs !== null && durationMs <= term.durationMs;
    }
  }
}

function durationSoFar(task: Task, { now }: { now: Microseconds }): number | null {
  if (task.status.kind !== 'running') return viewTask(task).durationMs;
  return Math.max(0, Math.round((now - task.status.startedAt) / 1000));
}
