import type { Clock } from '../clock.ts';
import type { Microseconds } from '../journal/events.ts';
import { microsecondsOf } from '../microseconds.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { LogBatch, LogChunk, LogEnd } from '../protocol/answers.ts';
import { durationMsMax } from '../protocol/limits.ts';
import type { LogCursor, ParametersOf } from '../protocol/messages.ts';
import { LogRange, type WantedStreams } from './log-range.ts';
import { LogSource, type LogSourceContext } from './log-source.ts';
import { findTail } from './log-tail.ts';
import { OrderReader } from './order-index.ts';
import { readBatches, readChunks } from './read-range.ts';
import type { Supervision } from './supervision.ts';
import type { Supervisor } from './supervisor.ts';

/** While an ended task's output is held open, how often to look whether all of its own has come. */
const drainPollMs = 20;
/** The shim and its pumps end so soon after a task whose output nobody else holds. */
const closesWithinMs = 500;

interface LogReaderContext extends LogSourceContext {
  readonly supervisor: Pick<Supervisor, 'find' | 'folder'>;
  readonly clock: Clock;
}

/**
 * What a task wrote, in the order in which it was seen. Pulled: nothing is read that the reader did not ask for, so
 * that a slow one costs one chunk and a dead one nothing. Growth only wakes it.
 */
export async function* readLog(
  { table, journal, supervisor, clock }: LogReaderContext,
  given: Task,
  {
    streams,
    follow,
    lines,
    cursor,
    before,
    since: sinceTime,
    until: untilTime,
    batches,
    signal,
  }: Omit<ParametersOf<'log'>, 'task'> & { signal: AbortSignal },
): AsyncGenerator<LogChunk | LogBatch, LogEnd, void> {
  const folder = supervisor.folder(given.id);
  folder.demandReadable();
  using order = new OrderReader(folder.order);
  await using source = new LogSource({ journal, table }, given.id, folder);
  supervisor.find(given.id)?.recorder.noteNow();
  const since = sinceTime === null ? null : microsecondsOf(sinceTime);
  const until = untilTime === null ? null : microsecondsOf(untilTime);
  const rangeNow = (): LogRange => {
    // What no index tells of (it was lost, or no daemon was there to note it): all at once, without a time.
    const isUnindexed = supervisor.find(given.id) === undefined && !isPast(order, until);
    const unindexed = isUnindexed ? { at: null, stdout: source.size('stdout'), stderr: source.size('stderr') } : null;
    return new LogRange(order, { since, until, before, unindexed });
  };
  const position = { ...(cursor ?? (await firstPosition(rangeNow(), { source, streams, lines }))) };
  const readRange = batches ? readBatches : readChunks;
  let endSeen: number | null = null;
  for (;;) {
    const supervision = supervisor.find(given.id);
    // Armed before the look, so that what grows in between is not slept through.
    using growth = new Growth(supervision, { table, given, signal });
    const task = table.get(given.id) ?? given;
    const complete = task.log.kind === 'closed';
    const endedFor = task.status.kind === 'ended' ? performance.now() - (endSeen ??= performance.now()) : null;
    // An adopted shim's end is no event: looked for here, so that its output is not taken for held open.
    if (endedFor !== null) supervision?.look();
    // Held open by what it left behind: everything of its own is there all the same, once the pumps have it.
    const heldOpen = endedFor !== null && endedFor > closesWithinMs && (supervision?.isDrained() ?? true);
    const remainingMs = until === null ? null : (until - clock()) / 1000;
    const over = remainingMs !== null && remainingMs <= 0;
    // A silent task has nothing noted that would tell that the time is over.
    if (over) supervision?.recorder.noteNow();
    const ended = complete || heldOpen || over || isPast(order, until);
    yield* readRange(rangeNow(), { position, streams, source, signal });
    if (!follow || ended) {
      const reason = complete ? 'complete' : task.status.kind === 'ended' ? 'ended' : 'running';
      return { task: viewTask(task), reason, cursor: { ...position } };
    }
    await growth.happened({ againInMs: task.status.kind === 'ended' ? drainPollMs : untilMs(remainingMs) });
    signal.throwIfAborted();
  }
}

/** When to look again, for the sake of a time that is to come. */
function untilMs(remainingMs: number | null): number | null {
  return remainingMs === null ? null : Math.min(Math.ceil(remainingMs), durationMsMax);
}

/** Where to begin without a cursor: at the first byte of the range, or so many lines before its end. */
async function firstPosition(
  range: LogRange,
  { source, streams, lines }: { source: LogSource; streams: WantedStreams; lines: number | null },
): Promise<LogCursor> {
  return lines === null ? range.start : await findTail({ range, source, streams, lines });
}

/** Whether something was noted at a time or later, so that nothing of before can come any more. */
function isPast(order: OrderReader, until: Microseconds | null): boolean {
  return until !== null && order.firstSince(until) < order.count();
}

/** Something of a task has changed: a stream grew, the task ended, its log is complete, or the reader has gone. */
class Growth implements Disposable {
  readonly #happened: Promise<void>;
  readonly #stops: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #wake: () => void = () => undefined;

  constructor(
    supervision: Supervision | undefined,
    { table, given, signal }: { table: LiveTable; given: Task; signal: AbortSignal },
  ) {
    this.#happened = new Promise((resolve) => {
      this.#wake = resolve;
    });
    const wake = (): void => {
      this.#wake();
    };
    if (supervision !== undefined) this.#stops.push(supervision.recorder.follow(wake));
    const before = table.get(given.id);
    const subscription = table.task$(given.id).subscribe({
      next: (task) => {
        if (task !== before) wake();
      },
      complete: wake,
    });
    this.#stops.push(() => {
      subscription.unsubscribe();
    });
    signal.addEventListener('abort', wake, { once: true });
    // A reader who left in the middle of the last look makes no further sound.
    if (signal.aborted) wake();
    this.#stops.push(() => {
      signal.removeEventListener('abort', wake);
    });
  }

  async happened({ againInMs }: { againInMs: number | null }): Promise<void> {
    if (againInMs !== null) this.#timer = setTimeout(this.#wake, againInMs);
    await this.#happened;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
  }
}
