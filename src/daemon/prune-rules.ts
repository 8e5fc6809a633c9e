import type { Microseconds, TaskId } from '../journal/events.ts';
import { microsecondsOf } from '../microseconds.ts';
import { type TaskStore, endedStates } from '../projections/task-store.ts';
import type { Task } from '../projections/task.ts';
import type { ParametersOf } from '../protocol/messages.ts';

/** Of which tasks somebody wants the output, or the tasks themselves, out of the way. What is null says nothing. */
export type PruneRules = Pick<ParametersOf<'prune'>, 'endedBefore' | 'keepTasks' | 'maxBytes'> & {
  /** Only these. */
  readonly tasks: readonly Task[] | null;
};

/** Whether all that the rules say of a task, but for the size of its output, is true of one that has ended. */
export function ruleFor(
  { endedBefore, keepTasks, tasks }: PruneRules,
  store: TaskStore,
): (ended: { readonly id: TaskId; readonly endedAt: Microseconds }) => boolean {
  const before = endedBefore === null ? Number.POSITIVE_INFINITY : microsecondsOf(endedBefore);
  const kept = newestEnded(store, keepTasks ?? 0);
  const named = tasks === null ? null : new Set(tasks.map(({ id }) => id));
  return ({ id, endedAt }) => endedAt < before && !kept.has(id) && (named === null || named.has(id));
}

function newestEnded(store: TaskStore, count: number): ReadonlySet<TaskId> {
  const newest = new Set<TaskId>();
  if (count === 0) return newest;
  for (const id of store.ended({ states: endedStates, forgotten: true })) {
    newest.add(id);
    if (newest.size === count) break;
  }
  return newest;
}
