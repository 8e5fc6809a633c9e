import { GhostError } from '../ghost-error.ts';
import type { StreamName } from '../journal/events.ts';
import { isoTime } from '../microseconds.ts';
import type { LogBatch, LogBlock, LogChunk, LogEnd } from '../protocol/answers.ts';
import type { EndSignal } from '../protocol/end-signal.ts';
import type { LogCursor } from '../protocol/messages.ts';
import { unreadableLog } from '../protocol/unreadable-log.ts';

/** So many batches are asked for and unpacked ahead of the one that is read: Node's thread pool has as many threads. */
const batchesAhead = 4;
/** Room that zlib wants past the end of what it unpacks, to see that it is the end. */
const chunkSlackBytes = 1024;

/** What comes of a log: batches, and chunks that tell of what is gone. */
export type LogItem = LogChunk | LogBatch;

/** The block of a stream in which its parts lie by now. */
interface CurrentBlock {
  readonly end: number;
  readonly rest: Uint8Array;
}

interface Arrived {
  readonly item: LogItem;
  /** What of its block there are parts of, unpacked; null where it has none. */
  readonly unpacked: Promise<CurrentBlock> | null;
}

/**
 * Makes chunks of batches, in their order, while those that follow are being unpacked. They have been asked for: who
 * leaves early ends them by the signal that they were given.
 * @throws GhostError `log-unreadable` where a block is not what it should be.
 */
export async function* chunksOf(
  items: AsyncGenerator<LogItem, LogEnd, void>,
  { task, signal }: { readonly task: string; readonly signal: EndSignal },
): AsyncGenerator<LogChunk, LogEnd, void> {
  const blocks: Record<StreamName, CurrentBlock> = { stdout: nothing, stderr: nothing };
  const ask = (): Promise<IteratorResult<Arrived, LogEnd>> => {
    const arrived = items.next().then((step) => (step.done === true ? step : { value: begin(step.value, { task }) }));
    // It is told when its turn comes, and to nobody where that does not come.
    arrived.catch(() => undefined);
    return arrived;
  };
  const ahead = [ask()];
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    const step = await next;
    if (step.done === true) return step.value;
    while (ahead.length < batchesAhead) ahead.push(ask());
    const { item, unpacked } = step.value;
    if (!('parts' in item)) {
      yield item;
      continue;
    }
    if (item.block !== null && unpacked !== null) blocks[item.block.stream] = await unpacked;
    for (const [stream, at, stdout, stderr] of item.parts) {
      signal.throwIfAborted();
      const cursor = { stdout, stderr };
      const { end, rest } = blocks[stream];
      const bytes = rest.length - (end - cursor[stream]);
      if (bytes < 0 || bytes > rest.length) throw outsideOfBlock();
      blocks[stream] = { end, rest: rest.subarray(bytes) };
      const data = rest.subarray(0, bytes);
      yield { stream, at: at === null ? null : isoTime(at), data, missing: null, cursor };
    }
  }
  throw outsideOfBlock();
}

/** The cursor to go on from after an item; null where it has nothing in it. */
export function lastCursorOf(item: LogItem): LogCursor | null {
  if (!('parts' in item)) return item.cursor;
  const last = item.parts.at(-1);
  return last === undefined ? null : { stdout: last[2], stderr: last[3] };
}

const nothing: CurrentBlock = { end: 0, rest: new Uint8Array() };

function begin(item: LogItem, { task }: { readonly task: string }): Arrived {
  if (!('parts' in item) || item.block === null) return { item, unpacked: null };
  const unpacked = unpack(item.block, { data: item.data, task });
  unpacked.catch(() => undefined);
  return { item, unpacked };
}

async function unpack(
  block: LogBlock,
  { data, task }: { readonly data: Uint8Array; readonly task: string },
): Promise<CurrentBlock> {
  const { stream, from, first, bytes, packing } = block;
  const unpacked = packing === 'none' ? data : await gunzipped(block, { data, task });
  if (unpacked.length !== bytes) {
    throw unreadableLog(task, stream, { offset: first, cause: new Error('it is cut off') });
  }
  return { end: from + bytes, rest: unpacked.subarray(first - from) };
}

async function gunzipped(
  { stream, first, bytes }: LogBlock,
  { data, task }: { readonly data: Uint8Array; readonly task: string },
): Promise<Uint8Array> {
  // Most commands never need it.
  const { gunzip } = await import('node:zlib');
  // One piece of memory that is large enough: what came in several would be put together once more.
  const options = { chunkSize: bytes + chunkSlackBytes, maxOutputLength: bytes };
  return await new Promise((resolve, reject) => {
    gunzip(data, options, (error, unpacked) => {
      if (error === null) resolve(unpacked);
      else reject(unreadableLog(task, stream, { offset: first, cause: error }));
    });
  });
}

function outsideOfBlock(): GhostError {
  return new GhostError(
    'protocol-violation',
    'the daemon did not keep to the protocol: a part of a log is in no block',
  );
}
