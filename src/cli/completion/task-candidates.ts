import type { TaskView } from '../../projections/task-view.ts';
import { quoteCommand } from '../../shell-quote.ts';
import { hasUnseen, visible } from '../../words/visible.ts';
import type { Candidate } from './candidates.ts';

/** The command line beside a task, in characters: what a list of choices has room for. */
export const descriptionCharactersMax = 60;

/** The tasks by number and by name, the newest first, each with its command line. */
export function taskCandidates(tasks: readonly TaskView[]): readonly Candidate[] {
  const newest = tasks.toReversed();
  const numbers = newest.map((task) => ({ value: String(task.id), description: describe(task) }));
  const seen = new Set<string>();
  const names = newest.flatMap((task) => {
    const { name } = task;
    if (name === null || seen.has(name) || !canBeTyped(name)) return [];
    seen.add(name);
    return [{ value: name, description: `${task.id} ${describe(task)}` }];
  });
  const last = tasks.at(-1);
  return [
    ...names,
    ...numbers,
    ...(last === undefined ? [] : [{ value: '@last', description: `${last.id} ${describe(last)}` }]),
  ];
}

/** The tags that tasks bear. */
export function tagCandidates(tasks: readonly TaskView[]): readonly Candidate[] {
  const tags = new Set(tasks.flatMap((task) => task.tags).filter(canBeTyped));
  return [...tags].toSorted().map((value) => ({ value, description: '' }));
}

/** What begins with a dash would be taken for an option, and a control character cannot stand in a list of choices. */
function canBeTyped(text: string): boolean {
  return text !== '' && !text.startsWith('-') && !hasUnseen(text);
}

function describe({ state, command }: TaskView): string {
  const line = visible(quoteCommand(command));
  const characters = [...line];
  const cut = characters.length > descriptionCharactersMax;
  return `${state}  ${cut ? `${characters.slice(0, descriptionCharactersMax - 1).join('')}…` : line}`;
}
