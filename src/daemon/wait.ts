import { GhostError } from '../ghost-error.ts';
import type { TaskId } from '../journal/events.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { viewTask } from '../projections/task-view.ts';
import type { ParametersOf, ResultOf } from '../protocol/messages.ts';
import { type TaskFinder, findTask } from './find-task.ts';
import { hasEnded } from './signaller.ts';

/** So many of the tasks that still run are named when the time is over. */
export const runningShown = 10;

/**
 * Until the tasks have ended, or with `any`, one of them has.
 * @throws GhostError `wait-timeout` naming those that still run, `no-such-task`.
 */
export async function waitForTasks(
  { table, store }: { table: LiveTable; store: TaskFinder },
  { tasks: references, mode, timeoutMs }: ParametersOf<'wait'>,
  { signal }: { signal: AbortSignal },
): Promise<ResultOf<'wait'>> {
  const ids =
    references.length === 0 ? [...table.current.active] : references.map((reference) => findTask(store, reference).id);
  if (ids.length === 0) return [];
  const settled = new AbortController();
  const timer =
    timeoutMs === null
      ? null
      : setTimeout(() => {
          settled.abort(timedOut(table, ids));
        }, timeoutMs);
  const either = AbortSignal.any([signal, settled.signal]);
  const ends = ids.map((id) => table.until(id, hasEnded, { signal: either }));
  // With `any` the others are given up below.
  for (const end of ends) end.catch(() => undefined);
  try {
    await (mode === 'all' ? Promise.all(ends) : Promise.race(ends));
  } finally {
    if (timer !== null) clearTimeout(timer);
    settled.abort();
  }
  return ids
    .map((id) => table.get(id))
    .filter((task) => task !== undefined)
    .filter((task) => mode === 'all' || hasEnded(task))
    .map(viewTask);
}

function timedOut(table: LiveTable, ids: readonly TaskId[]): GhostError {
  const running = ids.filter((id) => table.current.active.has(id));
  const shown = running.slice(0, runningShown).join(' ');
  const more = running.length > runningShown ? ` and ${running.length - runningShown} more` : '';
  return new GhostError('wait-timeout', `still running: ${shown}${more}`, { hint: `ghost wait ${running[0] ?? ''}` });
}
