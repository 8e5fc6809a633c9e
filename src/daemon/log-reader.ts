import type { Microseconds, StreamName } from '../journal/events.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { isoTime, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { LogChunk, LogEnd } from '../protocol/answers.ts';
import { logChunkBytesMax } from '../protocol/limits.ts';
import type { LogCursor, ParametersOf } from '../protocol/messages.ts';
import { LogRange, streamOrder, type WantedStreams } from './log-range.ts';
import { type LogPiece, LogSource, type LogSourceContext } from './log-source.ts';
import { findTail } from './log-tail.ts';
import { OrderReader } from './order-index.ts';
import type { Supervision } from './supervision.ts';
import type { Supervisor } from './supervisor.ts';

/** While an ended task's output is held open, how often to look whether all of its own has come. */
const drainPollMs = 20;
/** The shim and its pumps end so soon after a task whose output nobody else holds. */
const closesWithinMs = 500;

/**
 * What a task wrote, in the order in which it was seen. Pulled: nothing is read that the reader did not ask for, so
 * that a slow one costs one chunk and a dead one nothing. Growth only wakes it.
 */
export async function* readLog(
  { table, journal, supervisor }: LogSourceContext & { supervisor: Pick<Supervisor, 'find' | 'folder'> },
  given: Task,
  {
    streams,
    follow,
    lines,
    cursor,
    before,
    since,
    until: untilTime,
    signal,
  }: Omit<ParametersOf<'log'>, 'task'> & { signal: AbortSignal },
): AsyncGenerator<LogChunk, LogEnd, void> {
  const folder = supervisor.folder(given.id);
  using order = new OrderReader(folder.order);
  await using source = new LogSource({ journal, table }, given.id, folder);
  supervisor.find(given.id)?.recorder.noteNow();
  const until = timeOf(untilTime);
  const rangeNow = (): LogRange => {
    // What no index tells of (it was lost, or no daemon was there to note it): all at once, without a time.
    const isUnindexed = supervisor.find(given.id) === undefined && !isPast(order, until);
    const unindexed = isUnindexed ? { at: null, stdout: source.size('stdout'), stderr: source.size('stderr') } : null;
    return new LogRange(order, { since: timeOf(since), until, before, unindexed });
  };
  const position = { ...(cursor ?? (await firstPosition(rangeNow(), { source, streams, lines }))) };
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
    const ended = complete || heldOpen || isPast(order, until);
    yield* readRange(rangeNow(), { position, streams, source, signal });
    if (!follow || ended) {
      const reason = complete ? 'complete' : task.status.kind === 'ended' ? 'ended' : 'running';
      return { task: viewTask(task), reason, cursor: { ...position } };
    }
    await growth.happened({ againInMs: task.status.kind === 'ended' ? drainPollMs : null });
    signal.throwIfAborted();
  }
}

/** Gives what of a range lies past a position, and moves that forward with it. */
async function* readRange(
  range: LogRange,
  {
    position,
    streams,
    source,
    signal,
  }: {
    position: { -readonly [S in StreamName]: number };
    streams: WantedStreams;
    source: LogSource;
    signal: AbortSignal;
  },
): AsyncGenerator<LogChunk, void, void> {
  for (const { record, before } of range.past(position, streams)) {
    for (const stream of streamOrder) {
      if (streams !== 'both' && streams !== stream) {
        // How far the other one had come when these bytes were seen.
        position[stream] = Math.max(position[stream], stream === 'stdout' ? record.stdout : before.stderr);
        continue;
      }
      while (position[stream] < record[stream]) {
        signal.throwIfAborted();
        const from = position[stream];
        const bytes = Math.min(record[stream] - from, logChunkBytesMax);
        const piece = await source.read(stream, { from, bytes });
        // A spool that somebody shortened has no more: what is missing there cannot be given.
        const nothing = piece.kind === 'data' && piece.data.length === 0;
        const to = piece.kind === 'gone' ? Math.min(piece.to, range.end[stream]) : from + piece.data.length;
        position[stream] = nothing ? record[stream] : to;
        if (!nothing) yield chunkOf(stream, piece, { at: record.at, from, cursor: { ...position } });
      }
    }
  }
  for (const stream of streamOrder) position[stream] = Math.max(position[stream], range.end[stream]);
}

/** Where to begin without a cursor: at the first byte of the range, or so many lines before its end. */
async function firstPosition(
  range: LogRange,
  { source, streams, lines }: { source: LogSource; streams: WantedStreams; lines: number | null },
): Promise<LogCursor> {
  return lines === null ? range.start : await findTail({ range, source, streams, lines });
}

/** An ISO 8601 time, checked when the request was. */
function timeOf(iso: string | null): Microseconds | null {
  return iso === null ? null : ((Date.parse(iso) * 1000) as Microseconds);
}

/** Whether something was noted at a time or later, so that nothing of before can come any more. */
function isPast(order: OrderReader, until: Microseconds | null): boolean {
  return until !== null && order.firstSince(until) < order.count();
}

function chunkOf(
  stream: StreamName,
  piece: LogPiece,
  { at, from, cursor }: { at: Microseconds | null; from: number; cursor: LogCursor },
): LogChunk {
  const base = { stream, at: at === null ? null : isoTime(at), cursor };
  if (piece.kind === 'data') return { ...base, data: piece.data, missing: null };
  const { prunedAt, reason } = piece;
  return { ...base, data: Buffer.alloc(0), missing: { bytes: cursor[stream] - from, prunedAt, reason } };
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
