import type { TaskId } from '../journal/events.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { type TaskStore, endedStates } from '../projections/task-store.ts';
import type { PruneResult } from '../protocol/answers.ts';
import type { RequestContext } from '../protocol/handlers.ts';
import type { ParametersOf } from '../protocol/messages.ts';
import { type Prune, choosePrunes } from './retention-policy.ts';
import type { Retention } from './retention.ts';
import type { StoredOutput } from './stored-output.ts';

type Rules = Pick<ParametersOf<'prune'>, 'endedBefore' | 'keepTasks' | 'maxBytes'>;

/**
 * Retention by hand. With a rule, what the rule says; without any, what the limits would take now. The same request
 * again finds nothing more to take, so that its id need not be remembered.
 */
export async function pruneOutput(
  { table, store, retention }: { table: LiveTable; store: TaskStore; retention: Retention },
  { dryRun, ...rules }: Rules & { readonly dryRun: boolean },
  { actor }: Pick<RequestContext, 'actor'>,
): Promise<PruneResult> {
  const choose = (): readonly Prune[] => {
    const { endedBefore, keepTasks, maxBytes } = rules;
    const byLimits = endedBefore === null && keepTasks === null && maxBytes === null;
    return byLimits ? retention.choose() : chooseByRule(retention.output, { ...rules, table, store });
  };
  return summarize(dryRun ? choose() : await retention.prune(choose, { actor }));
}

/**
 * Of the tasks whose output is complete, those that ended before and are not among the newest: all of their output, or
 * the oldest of it until everything takes at most so much. A size alone is about running tasks too: when there is no
 * ended one left, their oldest segments go.
 */
function chooseByRule(
  output: StoredOutput,
  { endedBefore, keepTasks, maxBytes, table, store }: Rules & { readonly table: LiveTable; readonly store: TaskStore },
): readonly Prune[] {
  const before = endedBefore === null ? Number.POSITIVE_INFINITY : Date.parse(endedBefore) * 1000;
  const kept = newestEnded(store, keepTasks ?? 0);
  const complete = [...output.complete()].filter(({ id }) => {
    const status = table.get(id)?.status;
    return status?.kind === 'ended' && status.endedAt < before && !kept.has(id);
  });
  const sizeAlone = endedBefore === null && keepTasks === null;
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

function newestEnded(store: TaskStore, count: number): ReadonlySet<TaskId> {
  const newest = new Set<TaskId>();
  if (count === 0) return newest;
  for (const id of store.ended({ states: endedStates, forgotten: true })) {
    newest.add(id);
    if (newest.size === count) break;
  }
  return newest;
}

function summarize(prunes: readonly Prune[]): PruneResult {
  const tasks = [...Map.groupBy(prunes, ({ task }) => task)].map(([id, pieces]) => ({ id, bytes: sum(pieces) }));
  return { tasks: tasks.toSorted((one, other) => one.id - other.id), bytes: sum(prunes), forgotten: [] };
}

function sum(prunes: readonly Prune[]): number {
  return prunes.reduce((total, { bytes }) => total + bytes, 0);
}
