import { GhostError } from '../ghost-error.ts';
import { taskStates, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { Handlers } from '../protocol/handlers.ts';
import { itemBytesMax } from '../protocol/limits.ts';
import type { ItemOf, ParametersOf, ResultOf } from '../protocol/messages.ts';
import { AnswerPage, sizeOf, takeTurns } from './answer-page.ts';
import { lastEnded } from './list-tasks.ts';
import { seqOfMoment } from './moment.ts';
import type { HandlerContext } from './request-handlers.ts';

/** So many tasks are read in one step of `table`. */
const tasksAtOnce = 200;

/** What the daemon answers about the past of the tasks. */
export function createHistoryHandlers(
  context: HandlerContext,
): Pick<Handlers, 'history' | 'historyStats' | 'table' | 'rebuild'> {
  return {
    history: (parameters, { signal }) => findInHistory(context, parameters, { signal }),
    historyStats: notYet,
    table: (parameters, { signal }) => giveTable(context, parameters, { signal }),
    rebuild: notYetStream,
  };
}

function notYet(): Promise<never> {
  return Promise.reject(new GhostError('internal', 'this is being built'));
}

async function* notYetStream(): AsyncGenerator<never, never, void> {
  yield await notYet();
  return await notYet();
}

async function findInHistory(
  { history, store, clock }: HandlerContext,
  { filter, before, limit }: ParametersOf<'history'>,
  { signal }: { signal: AbortSignal },
): Promise<ResultOf<'history'>> {
  const page = new AnswerPage({ tasksMax: limit });
  const steps = history.find(filter, { before: before ?? Number.MAX_SAFE_INTEGER, now: clock() });
  for await (const ids of takeTurns(steps, { signal })) {
    for (const id of ids) {
      const task = store.get(id);
      if (task !== undefined && !page.add(viewTask(task))) {
        return { tasks: page.tasks, next: page.tasks.at(-1)?.id ?? null };
      }
    }
  }
  return { tasks: page.tasks, next: null };
}

/** The states after one event, whatever happens while they are read. */
async function* giveTable(
  context: HandlerContext,
  { at, ended }: ParametersOf<'table'>,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<ItemOf<'table'>, ResultOf<'table'>, void> {
  const { table, past, journal } = context;
  const seq = at === null ? journal.lastSeq : seqOfMoment(context, at);
  const live = at === null ? [...table.current.tasks.values()] : past.liveAt(seq);
  const isLive = new Set(live.map(({ id }) => id));
  const complete = lastEnded(context, { wanted: taskStates, seq, count: ended }).filter((id) => !isLive.has(id));
  const given = function* (): Generator<readonly Task[], void, void> {
    yield live;
    for (let from = 0; from < complete.length; from += tasksAtOnce) {
      yield complete.slice(from, from + tasksAtOnce).flatMap((id) => past.get(id, { seq }) ?? []);
    }
  };
  for await (const tasks of takeTurns(given(), { signal })) {
    yield* inItems(tasks.filter(({ forgottenAt }) => forgottenAt === null));
  }
  return { seq };
}

function* inItems(tasks: readonly Task[]): Generator<readonly Task[], void, void> {
  let item: Task[] = [];
  let bytes = 0;
  for (const task of tasks) {
    const size = sizeOf(task);
    if (item.length > 0 && bytes + size > itemBytesMax) {
      yield item;
      [item, bytes] = [[], 0];
    }
    item.push(task);
    bytes += size;
  }
  if (item.length > 0) yield item;
}
