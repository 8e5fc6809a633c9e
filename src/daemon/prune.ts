import type { Microseconds, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { TaskStore } from '../projections/task-store.ts';
import type { PruneResult } from '../protocol/answers.ts';
import type { RequestContext } from '../protocol/handlers.ts';
import { pruneListMax } from '../protocol/limits.ts';
import type { ParametersOf } from '../protocol/messages.ts';
import { chooseForgotten, forgetTasks, refuseRunning } from './forget.ts';
import { LoopSlice } from './loop-slice.ts';
import { type PruneRules, ruleFor } from './prune-rules.ts';
import { type Prune, type TaskOutput, choosing } from './retention-policy.ts';
import { type Retention, prunesAtOnce } from './retention.ts';

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
  const choose = (): Choice =>
    Object.values(rules).every((rule) => rule === null) ? retention.choosing() : choosingByRule(context, rules);
  const request = { requestId, actor, signal };
  const pruned = async (): Promise<Iterable<TaskId>> => (await wouldGo(choose(), { signal })).keys();
  const forgotten = forget ? await chooseForgotten(context, { ...rules, pruned }, request) : [];
  if (dryRun) return summarize(await wouldGo(choose(), { signal }), forgotten);
  // First: of what has no output left, nothing would say any more that it was meant.
  await forgetTasks(journal, forgotten, request);
  return summarize(await take(choose(), { retention, actor, signal }), forgotten);
}

type Choice = Iterator<Prune | undefined, void>;

/** How much of each task would go. */
async function wouldGo(choice: Choice, { signal }: { signal: AbortSignal }): Promise<ReadonlyMap<TaskId, number>> {
  const bytes = new Map<TaskId, number>();
  for (const slice = new LoopSlice(); ; await slice.breathe(signal)) {
    const { prunes, done } = next(choice, { slice });
    count(prunes, bytes);
    if (done) return bytes;
  }
}

/** Takes what is chosen as it is chosen, some pieces at once, with everybody else's turn in between. */
async function take(
  choice: Choice,
  { retention, actor, signal }: Pick<PruneContext, 'retention'> & Pick<RequestContext, 'actor' | 'signal'>,
): Promise<ReadonlyMap<TaskId, number>> {
  const bytes = new Map<TaskId, number>();
  for (const slice = new LoopSlice(); ; await slice.breathe(signal)) {
    let isDone = false;
    const removed = await retention.prune(
      () => {
        const { prunes, done } = next(choice, { slice });
        isDone = done;
        return prunes;
      },
      { actor },
    );
    count(removed, bytes);
    if (isDone) return bytes;
  }
}

/** What comes next of a choice: so much as is taken at once, or as can be chosen in one go. */
function next(
  choice: Choice,
  { slice }: { slice: LoopSlice },
): { readonly prunes: readonly Prune[]; readonly done: boolean } {
  const prunes: Prune[] = [];
  do {
    const step = choice.next();
    if (step.done === true) return { prunes, done: true };
    if (step.value !== undefined) prunes.push(step.value);
  } while (prunes.length < prunesAtOnce && !slice.isOver);
  return { prunes, done: false };
}

/**
 * Of the tasks whose output is complete, those that the rules fit: all of their output, or the oldest of it until
 * everything takes at most so much. A size alone is about running tasks too: when there is no ended one left, their
 * oldest segments go.
 */
function* choosingByRule(
  { retention: { output }, store }: PruneContext,
  rules: PruneRules,
): Generator<Prune | undefined, void, void> {
  const { endedBefore, keepTasks, maxBytes, tasks } = rules;
  const fits = ruleFor(rules, store);
  const sizeAlone = endedBefore === null && keepTasks === null && tasks === null;
  const chosen = choosing({
    suspects: [],
    complete: fitting(tasks === null ? output.complete() : output.completeOf(tasks), fits),
    open: sizeAlone ? [...output.open()].map(({ segments }) => ({ segments, raw: [] })) : [],
    outputBytes: output.bytes,
    freeBytes: Number.POSITIVE_INFINITY,
    limits: { perTaskBytes: Number.POSITIVE_INFINITY, totalBytes: maxBytes ?? 0, keepFreeBytes: 0, floorBytes: 0 },
  });
  for (const prune of chosen) yield prune === undefined ? undefined : { ...prune, reason: 'request' };
}

/** Of those that do not fit nothing goes; they are given all the same, so that to pass a million of them takes steps. */
function* fitting(
  outputs: Iterable<TaskOutput & { readonly id: TaskId; readonly endedAt: Microseconds }>,
  fits: ReturnType<typeof ruleFor>,
): Generator<TaskOutput, void, void> {
  for (const output of outputs) yield fits(output) ? output : { bytes: 0, pieces: [] };
}

function count(prunes: readonly Prune[], bytes: Map<TaskId, number>): void {
  for (const { task, bytes: more } of prunes) bytes.set(task, (bytes.get(task) ?? 0) + more);
}

function summarize(bytes: ReadonlyMap<TaskId, number>, forgotten: readonly TaskId[]): PruneResult {
  let sum = 0;
  for (const more of bytes.values()) sum += more;
  const listed = Uint32Array.from(bytes.keys()).toSorted().subarray(0, pruneListMax);
  return {
    tasks: [...listed].map((id) => ({ id, bytes: bytes.get(id as TaskId) ?? 0 })),
    tasksTotal: bytes.size,
    bytes: sum,
    forgotten: forgotten.slice(0, pruneListMax),
    forgottenTotal: forgotten.length,
  };
}
