import { setImmediate } from 'node:timers/promises';

import { GhostError } from '../ghost-error.ts';
import type { TaskId } from '../journal/events.ts';
import { CommandStatistics } from '../projections/command-statistics.ts';
import { taskStates, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { CommandStats } from '../protocol/answers.ts';
import type { Handlers } from '../protocol/handlers.ts';
import { damagesMax, itemBytesMax, pageBytesMax, statsRowsMax } from '../protocol/limits.ts';
import type { ItemOf, ParametersOf, ResultOf } from '../protocol/messages.ts';
import { AnswerPage, messageBytes } from './answer-page.ts';
import { lastEnded } from './list-tasks.ts';
import { inSlices, resultInTurns, stepsInTurns } from './loop-turns.ts';
import { seqOfMoment } from './moment.ts';
import type { HandlerContext } from './request-handlers.ts';

/** How often it is told how far a rebuild has come. */
const tellEveryMs = 100;
/** So many tasks are read in one step. */
const tasksReadAtOnce = 200;

type HistoryContext = Pick<HandlerContext, 'journal' | 'store' | 'table' | 'past' | 'history' | 'clock' | 'rebuild'>;

/** What the daemon answers about the past of the tasks. */
export function createHistoryHandlers(
  context: HistoryContext,
): Pick<Handlers, 'history' | 'historyStats' | 'table' | 'rebuild'> {
  // One rebuild at a time has room for it beside the journal.
  let isRebuilding = false;
  return {
    history: (parameters, { signal }) => findInHistory(context, parameters, { signal }),
    historyStats: (parameters, { signal }) => countHistory(context, parameters, { signal }),
    table: (parameters, { signal }) => giveTable(context, parameters, { signal }),
    async *rebuild(_, { signal }) {
      if (isRebuilding) {
        throw new GhostError('invalid-request', 'the read models are being folded anew already', {
          hint: 'wait for that, then: ghost doctor --rebuild',
        });
      }
      isRebuilding = true;
      try {
        return yield* rebuild(context, { signal });
      } finally {
        isRebuilding = false;
      }
    },
  };
}

async function findInHistory(
  { history, store, clock }: HistoryContext,
  { filter, before, limit }: ParametersOf<'history'>,
  { signal }: { signal: AbortSignal },
): Promise<ResultOf<'history'>> {
  const page = new AnswerPage({ tasksMax: limit });
  const steps = history.find(filter, { before: before ?? Number.MAX_SAFE_INTEGER, now: clock() });
  for await (const ids of stepsInTurns(sliced(steps), { signal })) {
    for (const id of ids) {
      const task = store.get(id);
      if (task !== undefined && !page.add(viewTask(task))) {
        return { tasks: page.tasks, next: page.tasks.at(-1)?.id ?? null };
      }
    }
  }
  return { tasks: page.tasks, next: null };
}

/** What a search has found in each of its steps, of which no more is read at once than takes a few milliseconds. */
function* sliced(steps: Iterable<readonly TaskId[]>): Generator<readonly TaskId[], void, void> {
  for (const ids of steps) yield* inSlices(ids, { atOnce: tasksReadAtOnce });
}

async function countHistory(
  { history, store, clock }: HistoryContext,
  { filter }: ParametersOf<'historyStats'>,
  { signal }: { signal: AbortSignal },
): Promise<ResultOf<'historyStats'>> {
  const statistics = new CommandStatistics();
  const steps = history.find(filter, { before: Number.MAX_SAFE_INTEGER, now: clock() });
  for await (const ids of stepsInTurns(steps, { signal })) for (const run of history.runs(ids)) statistics.add(run);
  const commands: CommandStats[] = [];
  let bytes = 0;
  for await (const { lastId, ...counts } of stepsInTurns(statistics.most(statsRowsMax), { signal })) {
    const { command } = store.get(lastId) ?? {};
    if (command === undefined) continue;
    const stats: CommandStats = { command, ...counts, lastId };
    bytes += messageBytes(stats);
    if (commands.length > 0 && bytes > pageBytesMax) break;
    commands.push(stats);
  }
  return { commands, commandsTotal: statistics.size };
}

/** The states after one event, whatever happens while they are read. */
async function* giveTable(
  context: HistoryContext,
  { at, ended }: ParametersOf<'table'>,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<ItemOf<'table'>, ResultOf<'table'>, void> {
  const { table, past, journal } = context;
  const seq = at === null ? journal.lastSeq : seqOfMoment(context, at);
  const live = at === null ? [...table.current.tasks.values()] : await resultInTurns(past.liveAt(seq), { signal });
  const isLive = new Set(live.map(({ id }) => id));
  const last = lastEnded(context, { wanted: taskStates, seq: at === null ? null : seq, count: ended });
  const complete = (await resultInTurns(last, { signal })).filter((id) => !isLive.has(id));
  const given = function* (): Generator<readonly Task[], void, void> {
    yield live;
    for (const ids of inSlices(complete, { atOnce: tasksReadAtOnce })) {
      yield ids.flatMap((id) => past.get(id, { seq }) ?? []);
    }
  };
  for await (const tasks of stepsInTurns(given(), { signal })) {
    yield* inItems(tasks.filter(({ forgottenAt }) => forgottenAt === null));
  }
  return { seq };
}

function* inItems(tasks: readonly Task[]): Generator<readonly Task[], void, void> {
  let item: Task[] = [];
  let bytes = 0;
  for (const task of tasks) {
    const size = messageBytes(task);
    if (item.length > 0 && bytes + size > itemBytesMax) {
      yield item;
      [item, bytes] = [[], 0];
    }
    item.push(task);
    bytes += size;
  }
  if (item.length > 0) yield item;
}

async function* rebuild(
  context: HistoryContext,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<ItemOf<'rebuild'>, ResultOf<'rebuild'>, void> {
  const steps = context.rebuild({ differencesMax: damagesMax });
  try {
    let toldAt = -Infinity;
    for (;;) {
      signal.throwIfAborted();
      const step = steps.next();
      if (step.done === true) {
        if (step.value.differences.length > 0) context.table.reload();
        return step.value;
      }
      if (performance.now() - toldAt >= tellEveryMs) {
        toldAt = performance.now();
        yield step.value;
      }
      await setImmediate();
    }
  } finally {
    steps.return({ events: 0, tasks: 0, differences: [] });
  }
}
