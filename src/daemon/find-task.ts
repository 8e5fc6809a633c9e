import { GhostError } from '../ghost-error.ts';
import type { TaskId } from '../journal/events.ts';
import type { TaskStore } from '../projections/task-store.ts';
import type { Task } from '../projections/task.ts';
import { uuidPrefixMin } from '../protocol/limits.ts';
import type { TaskReference } from '../protocol/messages.ts';

/** Whoever knows the tasks. */
export type TaskFinder = Pick<TaskStore, 'get' | 'newest' | 'newestNamed' | 'withUuidPrefix'>;

/** So many of the tasks that a prefix fits are named, so that one can be picked. */
export const ambiguousShown = 5;

/**
 * The task that a person means: `@last`, a number, a name (the newest task that bears it now), a UUID or a prefix of one.
 * One that is hidden is found by its number and its UUID alone.
 * @throws GhostError `no-such-task`, `invalid-request` where a prefix fits several.
 */
export function findTask(tasks: TaskFinder, reference: TaskReference): Task {
  const task =
    reference === '@last'
      ? tasks.newest()
      : (byNumber(tasks, reference) ?? tasks.newestNamed(reference) ?? byUuid(tasks, reference));
  if (task !== undefined) return task;
  if (reference === '@last') {
    throw new GhostError('no-such-task', 'there is no task yet', { hint: 'ghost run COMMAND', field: 'task' });
  }
  throw new GhostError('no-such-task', `there is no task ${quote(reference)}`, {
    hint: 'ghost list --all',
    field: 'task',
  });
}

function byNumber(tasks: TaskFinder, reference: string): Task | undefined {
  // Only a look-up: a number that is no task's finds nothing.
  return /^[1-9]\d{0,15}$/.test(reference) ? tasks.get(Number(reference) as TaskId) : undefined;
}

function byUuid(tasks: TaskFinder, reference: string): Task | undefined {
  // Digits alone are a number: a mistyped one must not stop some task whose UUID happens to begin like it.
  if (/^\d+$/.test(reference)) return undefined;
  const prefix = reference.toLowerCase();
  if (prefix.length < uuidPrefixMin || !/^[0-9a-f-]+$/.test(prefix)) return undefined;
  const fits = tasks.withUuidPrefix(prefix, { limit: ambiguousShown + 1 });
  const [first] = fits;
  if (first === undefined) return undefined;
  if (fits.length === 1) return tasks.get(first.id);
  const shown = fits.slice(0, ambiguousShown).map(({ id, uuid }) => `${id} (${uuid})`);
  const more = fits.length > ambiguousShown ? ', and more' : '';
  throw new GhostError('invalid-request', `several tasks begin with ${prefix}: ${shown.join(', ')}${more}`, {
    hint: 'give more of the UUID, or the number',
    field: 'task',
  });
}

function quote(reference: string): string {
  return /^[\w.@-]+$/.test(reference) ? reference : JSON.stringify(reference);
}
