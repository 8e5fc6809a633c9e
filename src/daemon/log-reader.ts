import { type FileHandle, open } from 'node:fs/promises';

import type { Microseconds, StreamName } from '../journal/events.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { isoTime, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import { logChunkBytesMax } from '../protocol/limits.ts';
import type { LogChunk, LogCursor, LogEnd, ParametersOf } from '../protocol/messages.ts';
import { findTail } from './log-tail.ts';
import { OrderReader, type OrderRecord } from './order-index.ts';
import type { Supervision } from './supervision.ts';
import type { Supervisor } from './supervisor.ts';

/** While an ended task's output is held open, how often to look whether all of its own has come. */
const drainPollMs = 20;
/** The shim and its pumps end so soon after a task whose output nobody else holds. */
const closesWithinMs = 250;

/**
 * What a task wrote, in the order in which it was seen. Pulled: nothing is read that the reader did not ask for, so
 * that a slow one costs one chunk and a dead one nothing. Growth only wakes it.
 */
export async function* readLog(
  { table, supervisor }: { table: LiveTable; supervisor: Pick<Supervisor, 'find' | 'folder'> },
  given: Task,
  { streams, follow, lines, cursor, signal }: Omit<ParametersOf<'log'>, 'task'> & { signal: AbortSignal },
): AsyncGenerator<LogChunk, LogEnd, void> {
  const folder = supervisor.folder(given.id);
  using order = new OrderReader(folder.order);
  await using files = new SpoolFiles((name) => folder.stream(name));
  supervisor.find(given.id)?.recorder.noteNow();
  // What no index tells of (it was lost, or no daemon was there to note it): all at once, without a time.
  const unindexedNow = (): OrderRecord | null =>
    supervisor.find(given.id) === undefined ? { at: null, ...folder.sizes() } : null;
  let position: LogCursor = cursor ?? { stdout: 0, stderr: 0 };
  if (cursor === null && lines !== null) {
    position = await findTail({ order, files, streams, lines, unindexed: unindexedNow() });
  }
  let endSeen: number | null = null;
  for (;;) {
    const supervision = supervisor.find(given.id);
    // Armed before the look, so that what grows in between is not slept through.
    using growth = new Growth(supervision, { table, given, signal });
    const task = table.get(given.id) ?? given;
    const complete = task.log.kind === 'closed';
    const endedFor = task.status.kind === 'ended' ? performance.now() - (endSeen ??= performance.now()) : null;
    // Held open by what it left behind: everything of its own is there all the same, once the pumps have it.
    const heldOpen = endedFor !== null && endedFor > closesWithinMs && (supervision?.isDrained() ?? true);
    const ended = complete || heldOpen;
    const unindexed = unindexedNow();
    for (const record of recordsPast(order, { position, unindexed })) {
      for (const stream of ['stdout', 'stderr'] as const) {
        while (position[stream] < record[stream]) {
          signal.throwIfAborted();
          const bytes = Math.min(record[stream] - position[stream], logChunkBytesMax);
          const wanted = streams === 'both' || streams === stream;
          const data = wanted ? await files.read(stream, { from: position[stream], bytes }) : null;
          // A spool that somebody shortened has no more: what is missing cannot be given.
          const advance = data === null || data.length === 0 ? record[stream] - position[stream] : data.length;
          position = { ...position, [stream]: position[stream] + advance };
          if (data !== null && data.length > 0) yield chunkOf(stream, { data, at: record.at, cursor: position });
        }
      }
    }
    if (!follow || ended) {
      const reason = complete ? 'complete' : task.status.kind === 'ended' ? 'ended' : 'running';
      return { task: viewTask(task), reason, cursor: position };
    }
    await growth.happened({ againInMs: task.status.kind === 'ended' ? drainPollMs : null });
    signal.throwIfAborted();
  }
}

/** The index from a position on, and then what it does not tell of. */
function* recordsPast(
  order: OrderReader,
  { position, unindexed }: { position: LogCursor; unindexed: OrderRecord | null },
): Generator<OrderRecord, void, void> {
  for (let index = order.firstPast(position); index < order.count(); index += 1) {
    const record = order.at(index);
    if (record !== null) yield record;
  }
  if (unindexed !== null) yield unindexed;
}

function chunkOf(
  stream: StreamName,
  { data, at, cursor }: { data: Uint8Array; at: Microseconds | null; cursor: LogCursor },
): LogChunk {
  return { stream, at: at === null ? null : isoTime(at), data, cursor };
}

/** The spools of one task, each opened when it is first read. */
export class SpoolFiles implements AsyncDisposable {
  readonly #pathOf: (stream: StreamName) => string;
  readonly #handles = new Map<StreamName, FileHandle>();

  constructor(pathOf: (stream: StreamName) => string) {
    this.#pathOf = pathOf;
  }

  /** At most so many bytes from an offset; fewer at the end. */
  async read(stream: StreamName, { from, bytes }: { from: number; bytes: number }): Promise<Uint8Array> {
    let handle = this.#handles.get(stream);
    if (handle === undefined) {
      handle = await open(this.#pathOf(stream), 'r');
      this.#handles.set(stream, handle);
    }
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, from);
    return buffer.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#handles.values()].map((handle) => handle.close()));
  }
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
    if (supervision !== undefined) this.#stops.push(supervision.recorder.onGrowth(wake));
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
