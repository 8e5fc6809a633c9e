import { passCrashPoint } from '../crash-point.ts';
import { GhostError } from '../ghost-error.ts';
import type { Actor, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import { type TaskStore, endedStates } from '../projections/task-store.ts';
import type { Task } from '../projections/task.ts';
import { inSlices, stepsInTurns } from './loop-turns.ts';
import { type PruneRules, ruleFor } from './prune-rules.ts';

/** So many tasks are looked at, and so many events become durable, before other requests have their turn. */
const forgottenAtOnce = 500;

/** Who asks to hide tasks, and by which request. */
interface ForgetRequest {
  readonly requestId: string;
  readonly actor: Actor;
  readonly signal: AbortSignal;
}

/** @throws GhostError `task-still-running` */
export function refuseRunning({ id, status }: Task, { forget }: { readonly forget: boolean }): void {
  if (status.kind === 'ended') return;
  const refusal = forget ? 'cannot be hidden before it has ended' : 'keeps its output until it has ended';
  throw new GhostError('task-still-running', `task ${id} is still running, and ${refusal}`, {
    hint: `ghost stop ${id}`,
    task: id,
  });
}

/**
 * The tasks to be hidden, by number: all that the rules fit, whether they have any output left or not. A size, or the
 * limits, tell of nothing but output: there it is the ended ones of which some goes.
 */
export async function chooseForgotten(
  { journal, store }: { readonly journal: Journal; readonly store: TaskStore },
  rules: PruneRules & { readonly pruned: () => Promise<Iterable<TaskId>> },
  { requestId, signal }: ForgetRequest,
): Promise<readonly TaskId[]> {
  const fits = ruleFor(rules, store);
  const isNew = ({ id, forgottenAt }: Task): boolean => {
    if (forgottenAt === null) return true;
    // Of those that are named, the answer is the same when this very request is asked again.
    const known = rules.tasks === null ? null : journal.findOnce(`TaskForgotten:${id}`);
    return known?.type === 'TaskForgotten' && known.data.requestId === requestId;
  };
  const chosen = new Set<TaskId>();
  const slices = inSlices(await candidates(rules, store), { atOnce: forgottenAtOnce });
  for await (const ids of stepsInTurns(slices, { signal })) {
    for (const id of ids) {
      const task = store.get(id);
      if (task?.status.kind !== 'ended' || !fits({ id, endedAt: task.status.endedAt })) continue;
      if (isNew(task)) chosen.add(id);
    }
  }
  return [...chosen].toSorted((one, other) => one - other);
}

/** Hides tasks that have ended. Somebody else may have done so meanwhile. */
export async function forgetTasks(
  journal: Journal,
  ids: readonly TaskId[],
  { requestId, actor, signal }: ForgetRequest,
): Promise<void> {
  for await (const some of stepsInTurns(inSlices(ids, { atOnce: forgottenAtOnce }), { signal })) {
    const drafts = some
      .filter((task) => journal.findOnce(`TaskForgotten:${task}`) === null)
      .map((task) => ({ type: 'TaskForgotten', task, actor, data: { requestId } }) as const);
    if (drafts.length === 0) continue;
    const appended = journal.append(drafts, { durability: 'full' });
    // At once: nobody can come in between.
    journal.flush();
    await appended;
    passCrashPoint('change.forgotten');
  }
}

async function candidates(
  {
    endedBefore,
    keepTasks,
    maxBytes,
    tasks,
    pruned,
  }: PruneRules & { readonly pruned: () => Promise<Iterable<TaskId>> },
  store: TaskStore,
): Promise<Iterable<TaskId>> {
  if (maxBytes !== null) return await pruned();
  if (tasks !== null) return tasks.map(({ id }) => id);
  if (endedBefore === null && keepTasks === null) return await pruned();
  return store.ended({ states: endedStates, forgotten: false });
}
