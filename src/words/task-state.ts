import { GhostError } from '../ghost-error.ts';
import { type TaskState, taskStates } from '../projections/task-view.ts';
import { nearest } from './nearest.ts';
import { visible } from './visible.ts';

/**
 * The state that a person names, in whatever case.
 * @param options.hint what to type, given the state that comes nearest; null where none is near.
 * @throws GhostError `usage`
 */
export function parseTaskState(text: string, { hint }: { readonly hint: (near: string | null) => string }): TaskState {
  const state = taskStates.find((known) => known === text.toLowerCase());
  if (state !== undefined) return state;
  throw new GhostError('usage', `there is no state "${visible(text)}"; there are ${taskStates.join(', ')}`, {
    hint: hint(nearest(text, taskStates)),
  });
}
