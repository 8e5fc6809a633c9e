import { GhostError } from '../ghost-error.ts';
import type { TaskId } from '../journal/events.ts';
import type { TaskTable } from '../projections/task-table.ts';
import type { Task } from '../projections/task.ts';
import { uuidPrefixMin } from '../protocol/limits.ts';
import type { TaskReference } from '../protocol/messages.ts';

/** The newest of so many tasks that a prefix fits are named, so that one can be picked. */
const ambiguousShown = 5;

/**
 * The task that a person means: `@last`, a number, a name (the newest task that bears it), a UUID or a prefix of one.
 * @throws GhostError `no-such-task`, `invalid-request` where a prefix fits several.
 */
export function findTask(table: TaskTable, reference: TaskReference): Task {
  const task =
    reference === '@last'
      ? newest(table)
      : (byNumber(table, reference) ?? byName(table, reference) ?? byUuid(table, reference));
  if (task !== undefined) return task;
  if (reference === '@last') {
    throw new GhostError('no-such-task', 'there is no task yet', { hint: 'ghost run COMMAND', field: 'task' });
  }
  throw new GhostError('no-such-task', `there is no task ${quote(reference)}`, {
    hint: 'ghost list --all',
    field: 'task',
  });
}

function newest({ tasks }: TaskTable): Task | undefined {
  let last: Task | undefined;
  for (const task of tasks.values()) if (last === undefined || task.id > last.id) last = task;
  return last;
}

function byNumber({ tasks }: TaskTable, reference: string): Task | undefined {
  // Only a look-up: a number that is no task's finds nothing.
  return /^[1-9]\d{0,15}$/.test(reference) ? tasks.get(Number(reference) as TaskId) : undefined;
}

function byName({ tasks, byName: names }: TaskTable, reference: string): Task | undefined {
  const id = names.get(reference);
  return id === undefined ? undefined : tasks.get(id);
}

function byUuid({ tasks }: TaskTable, reference: string): Task | undefined {
  // Digits alone are a number: a mistyped one must not stop some task whose UUID happens to begin like it.
  if (/^\d+$/.test(reference)) return undefined;
  const prefix = reference.toLowerCase();
  if (prefix.length < uuidPrefixMin || !/^[0-9a-f-]+$/.test(prefix)) return undefined;
  const fits = [...tasks.values()].filter(({ uuid }) => uuid.startsWith(prefix));
  if (fits.length <= 1) return fits[0];
  const shown = fits.slice(-ambiguousShown).map(({ id, uuid }) => `${id} (${uuid})`);
  throw new GhostError('invalid-request', `${fits.length} tasks begin with ${prefix}: ${shown.join(', ')}`, {
    hint: 'give more of the UUID, or the number',
    field: 'task',
  });
}

function quote(reference: string): string {
  return /^[\w.@-]+$/.test(reference) ? reference : JSON.stringify(reference);
}
