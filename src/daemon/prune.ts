import type { TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { TaskStore } from '../projections/task-store.ts';
import type { PruneResult } from '../protocol/answers.ts';
import type { RequestContext } from '../protocol/handlers.ts';
import type { ParametersOf } from '../protocol/messages.ts';
import { chooseForgotten, forgetTasks, refuseRunning } from './forget.ts';
import { type PruneRules, ruleFor } from './prune-rules.ts';
import { type Prune, choosePrunes } from './retention-policy.ts';
import type { Retention } from './retention.ts';

interface PruneContext {
  readonly table: LiveTable;
  readonly store: TaskStore;
  readonly retention: Retention;
  readonly journal: Journal;
}

/**
 * Retention by hand. With a rule or with tasks named, what those say; without any, what the limits would take now. The
 * same request again finds nothing more to take or to hide.
 * @throws GhostError `task-still-running` where one that is named has not ended: nothing was done.
 */
export async function pruneOutput(
  context: PruneContext,
  { requestId, forget, dryRun, ...rules }: PruneRules & Pick<ParametersOf<'prune'>, 'requestId' | 'forget' | 'dryRun'>,
  { actor, signal }: RequestContext,
): Promise<PruneResult> {
  const { retention, journal } = context;
  for (const task of rules.tasks ?? []) refuseRunning(task, { forget });
  const choose = (): readonly Prune[] =>
    Object.values(rules).every((rule) => rule === null) ? retention.choose() : chooseByRule(context, rules);
  const request = { requestId, actor, signal };
  const forgotten = forget ? await chooseForgotten(context, { ...rules, prunes: choose() }, request) : [];
  if (dryRun) return summarize(choose(), forgotten);
  // First: of what has no output left, nothing would say any more that it was meant.
  await forgetTasks(journal, forgotten, request);
  return summarize(await retention.prune(choose, { actor }), forgotten);
}

/**
 * Of the tasks whose output is complete, those that the rules fit: all of their output, or the oldest of it until
 * everything takes at most so much. A size alone is about running tasks too: when there is no ended one left, their
 * oldest segments go.
 */
function chooseByRule({ retention: { output }, table, store }: PruneContext, rules: PruneRules): readonly Prune[] {
  const { endedBefore, keepTasks, maxBytes, tasks } = rules;
  const fits = ruleFor(rules, store);
  const sizeAlone = endedBefore === null && keepTasks === null && tasks === null;
  const chosen = choosePrunes({
    suspects: [],
    complete: [...output.complete()].filter(({ id }) => fits(table.get(id))),
    open: sizeAlone ? [...output.open()].map(({ segments }) => ({ segments, raw: [] })) : [],
    outputBytes: output.bytes,
    freeBytes: Number.POSITIVE_INFINITY,
    limits: { perTaskBytes: Number.POSITIVE_INFINITY, totalBytes: maxBytes ?? 0, keepFreeBytes: 0, floorBytes: 0 },
    piecesMax: Number.POSITIVE_INFINITY,
  });
  return chosen.map((prune) => ({ ...prune, reason: 'request' }));
}

function summarize(prunes: readonly Prune[], forgotten: readonly TaskId[]): PruneResult {
  const tasks = [...Map.groupBy(prunes, ({ task }) => task)].map(([id, pieces]) => ({ id, bytes: sum(pieces) }));
  return { tasks: tasks.toSorted((one, other) => one.id - other.id), bytes: sum(prunes), forgotten };
}

function sum(prunes: readonly Prune[]): number {
  return prunes.reduce((total, { bytes }) => total + bytes, 0);
}
