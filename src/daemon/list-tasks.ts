import type { TaskId } from '../journal/events.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { PastTasks } from '../projections/past-tasks.ts';
import { type TaskStore, endedStates } from '../projections/task-store.ts';
import { type TaskState, taskStates, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import { listPageMax } from '../protocol/limits.ts';
import type { ParametersOf, ResultOf } from '../protocol/messages.ts';
import { AnswerPage } from './answer-page.ts';
import { stepsInTurns } from './loop-turns.ts';
import { type MomentReader, seqOfMoment } from './moment.ts';

/** Without `all`, so many of those that ended last are listed. */
export const endedListed = 30;

/** So many tasks that have ended are looked at in one step. */
const endedAtOnce = 200;

interface ListContext extends MomentReader {
  readonly table: LiveTable;
  readonly store: TaskStore;
  readonly past: PastTasks;
}

/** The table as it stands, or as it stood after an event: hidden tasks left out, by number, page by page. */
export async function listTasks(
  context: ListContext,
  { states, all, at, after }: ParametersOf<'list'>,
  { signal }: { signal: AbortSignal },
): Promise<ResultOf<'list'>> {
  const seq = at === null ? null : seqOfMoment(context, at);
  const wanted = states ?? taskStates;
  const page = new AnswerPage({ tasksMax: listPageMax });
  // All that run, now or then, are known without a look at every task that there ever was.
  const everyone = all && wanted.some((state) => state !== 'running');
  const candidates = everyone ? allAfter(context, { wanted, seq, after }) : lately(context, { wanted, seq, after });
  for await (const tasks of stepsInTurns(candidates, { signal })) {
    for (const task of tasks) {
      const view = viewTask(task);
      if (task.forgottenAt !== null || !wanted.includes(view.state)) continue;
      if (!page.add(view)) return { tasks: page.tasks, next: page.tasks.at(-1)?.id ?? null };
    }
  }
  return { tasks: page.tasks, next: null };
}

interface Question {
  readonly wanted: readonly TaskState[];
  /** The event after which the table is looked at, or null for now. */
  readonly seq: number | null;
  readonly after: number;
}

/** The tasks that ended last, the last first, hidden ones left out: as of now, or of an event. Looked for in steps. */
export function* lastEnded(
  { store, past }: Pick<ListContext, 'store' | 'past'>,
  { wanted, seq, count }: Pick<Question, 'wanted' | 'seq'> & { readonly count: number },
): Generator<undefined, readonly TaskId[], void> {
  const found: TaskId[] = [];
  if (count === 0) return found;
  const states = endedStates.filter((state) => wanted.includes(state));
  // Whether one is hidden now says nothing about then.
  const ended = store.ended({ states, forgotten: seq !== null, ...(seq === null ? {} : { before: seq + 1 }) });
  let looked = 0;
  for (const id of ended) {
    looked += 1;
    if (looked % endedAtOnce === 0) yield;
    if (seq !== null && past.get(id, { seq })?.forgottenAt !== null) continue;
    found.push(id);
    if (found.length === count) break;
  }
  return found;
}

function* lately(context: ListContext, { wanted, seq, after }: Question): Generator<readonly Task[], void, void> {
  const { table, past } = context;
  const live = seq === null ? [...table.current.tasks.values()] : yield* quietly(past.liveAt(seq));
  const active = wanted.includes('running') ? live.filter(({ status }) => status.kind !== 'ended') : [];
  const get = (id: TaskId): Task | undefined => (seq === null ? table.get(id) : past.get(id, { seq }));
  const ids = yield* quietly(lastEnded(context, { wanted, seq, count: endedListed }));
  const ended = ids.map(get).filter((task) => task !== undefined);
  yield [...active, ...ended].filter(({ id }) => id > after).toSorted((one, other) => one.id - other.id);
}

/** Steps that find something at their end as steps that give no task. */
function* quietly<T>(steps: Generator<undefined, T, void>): Generator<readonly Task[], T, void> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield [];
  }
}

function* allAfter(
  { store, past }: ListContext,
  { wanted, seq, after }: Question,
): Generator<readonly Task[], void, void> {
  for (const ids of store.numbered({ after, wanted, seq })) {
    yield ids.map((id) => (seq === null ? store.get(id) : past.get(id, { seq }))).filter((task) => task !== undefined);
  }
}
