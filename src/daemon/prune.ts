import { GhostError } from '../ghost-error.ts';
import type { Actor, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { Task } from '../projections/task.ts';
import type { PruneResult } from '../protocol/answers.ts';
import type { RequestContext } from '../protocol/handlers.ts';
import type { ParametersOf } from '../protocol/messages.ts';
import { type Prune, choosePrunes } from './retention-policy.ts';
import type { Retention } from './retention.ts';
import type { StoredOutput } from './stored-output.ts';

type Rules = Pick<ParametersOf<'prune'>, 'endedBefore' | 'keepTasks' | 'maxBytes'> & {
  /** Only these, which have ended; null: any. */
  readonly tasks: readonly Task[] | null;
};

interface PruneRequest extends Rules, Pick<ParametersOf<'prune'>, 'requestId' | 'forget' | 'dryRun'> {}

/**
 * Retention by hand. With a rule or with tasks named, what those say; without any, what the limits would take now. The
 * same request again finds nothing more to take or to hide, so that its id need not be remembered.
 * @throws GhostError `task-still-running` where one that is named has not ended: nothing was done.
 */
export async function pruneOutput(
  { table, retention, journal }: PruneContext,
  { requestId, forget, dryRun, ...rules }: PruneRequest,
  { actor }: Pick<RequestContext, 'actor'>,
): Promise<PruneResult> {
  for (const task of rules.tasks ?? []) refuseRunning(task, { forget });
  const choose = (): readonly Prune[] =>
    Object.values(rules).every((rule) => rule === null)
      ? retention.choose()
      : chooseByRule(retention.output, { ...rules, table });
  const again = (id: TaskId): boolean => {
    const known = journal.findOnce(`TaskForgotten:${id}`);
    return known?.type === 'TaskForgotten' && known.data.requestId === requestId;
  };
  const hidden = forget ? chooseForgotten(choose(), { ...rules, table, again }) : [];
  if (dryRun) return summarize(choose(), hidden);
  // First: of what has no output left, nothing would say any more that it was meant.
  await hide(journal, hidden, { requestId, actor });
  return summarize(await retention.prune(choose, { actor }), hidden);
}

interface PruneContext {
  readonly table: LiveTable;
  readonly retention: Retention;
  readonly journal: Journal;
}

function refuseRunning({ id, status }: Task, { forget }: { readonly forget: boolean }): void {
  if (status.kind === 'ended') return;
  const refusal = forget ? 'cannot be hidden before it has ended' : 'keeps its output until it has ended';
  throw new GhostError('task-still-running', `task ${id} is still running, and ${refusal}`, {
    hint: `ghost stop ${id}`,
    task: id,
  });
}

/** Whether what the rules say of a task, but for its size, is true of one. */
function fitting({
  endedBefore,
  keepTasks,
  tasks,
  table,
}: Rules & { readonly table: LiveTable }): (task: Task | undefined) => boolean {
  const before = endedBefore === null ? Number.POSITIVE_INFINITY : Date.parse(endedBefore) * 1000;
  const kept = new Set<TaskId>(keepTasks === null || keepTasks === 0 ? [] : table.current.ended.slice(-keepTasks));
  const named = tasks === null ? null : new Set(tasks.map(({ id }) => id));
  return (task) =>
    task?.status.kind === 'ended' &&
    task.status.endedAt < before &&
    !kept.has(task.id) &&
    (named === null || named.has(task.id));
}

/**
 * Of the tasks whose output is complete, those that the rules fit: all of their output, or the oldest of it until
 * everything takes at most so much. A size alone is about running tasks too: when there is no ended one left, their
 * oldest segments go.
 */
function chooseByRule(output: StoredOutput, rules: Rules & { readonly table: LiveTable }): readonly Prune[] {
  const { endedBefore, keepTasks, maxBytes, tasks, table } = rules;
  const fits = fitting(rules);
  const complete = [...output.complete()].filter(({ id }) => fits(table.get(id)));
  const sizeAlone = endedBefore === null && keepTasks === null && tasks === null;
  const chosen = choosePrunes({
    suspects: [],
    complete,
    open: sizeAlone ? [...output.open()].map(({ segments }) => ({ segments, raw: [] })) : [],
    outputBytes: output.bytes,
    freeBytes: Number.POSITIVE_INFINITY,
    limits: { perTaskBytes: Number.POSITIVE_INFINITY, totalBytes: maxBytes ?? 0, keepFreeBytes: 0, floorBytes: 0 },
  });
  return chosen.map((prune) => ({ ...prune, reason: 'request' }));
}

/**
 * The tasks to be hidden: all that the rules fit, whether they have any output left or not. A size, or the limits, tell
 * of nothing but output: there it is the ended ones of which some goes.
 */
function chooseForgotten(
  prunes: readonly Prune[],
  rules: Rules & { readonly table: LiveTable; readonly again: (id: TaskId) => boolean },
): readonly TaskId[] {
  const { endedBefore, keepTasks, maxBytes, tasks, table, again } = rules;
  const byOutput = maxBytes !== null || (endedBefore === null && keepTasks === null && tasks === null);
  const candidates = byOutput ? prunes.map(({ task }) => task) : (tasks?.map(({ id }) => id) ?? table.current.ended);
  const fits = fitting(rules);
  return [...new Set(candidates)]
    .filter((id) => {
      const task = table.get(id);
      // Of those that are named, the answer is the same when this very request is asked again.
      return fits(task) && (task?.forgottenAt === null || (tasks !== null && again(id)));
    })
    .toSorted((one, other) => one - other);
}

/** So many events become durable at once, so that other requests are served in between. */
const hiddenAtOnce = 500;

async function hide(
  journal: Journal,
  ids: readonly TaskId[],
  { requestId, actor }: { readonly requestId: string; readonly actor: Actor },
): Promise<void> {
  for (let from = 0; from < ids.length; from += hiddenAtOnce) {
    const drafts = ids
      .slice(from, from + hiddenAtOnce)
      .map((task) => ({ type: 'TaskForgotten', task, actor, data: { requestId } }) as const)
      // Somebody else may have hidden it meanwhile.
      .filter(({ task }) => journal.findOnce(`TaskForgotten:${task}`) === null);
    if (drafts.length === 0) continue;
    const appended = journal.append(drafts, { durability: 'full' });
    journal.flush();
    await appended;
  }
}

function summarize(prunes: readonly Prune[], forgotten: readonly TaskId[]): PruneResult {
  const tasks = [...Map.groupBy(prunes, ({ task }) => task)].map(([id, pieces]) => ({ id, bytes: sum(pieces) }));
  return { tasks: tasks.toSorted((one, other) => one.id - other.id), bytes: sum(prunes), forgotten };
}

function sum(prunes: readonly Prune[]): number {
  return prunes.reduce((total, { bytes }) => total + bytes, 0);
}
