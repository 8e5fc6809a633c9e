import { statSync } from 'node:fs';

import type { StreamName } from '../journal/events.ts';
import { streamNames } from '../stream-names.ts';
import type { Kernel } from './kernel.ts';
import { OrderReader, foldedBytes, unitBytes, unitRecords } from './order-index.ts';

/**
 * Folds what an order index tells of output that is gone. A task that writes a line a second notes 2 MB a day, one that
 * floods 60, and neither may grow for ever when its output does not.
 *
 * The index is taken in units of many records. When a range of a stream is pruned, the units about it are looked at: one
 * of which nothing is left, in either stream, is given back to the file system but for its last records, which stand for
 * all of it from then on (order-index.ts). Records keep their places, nothing is written, and so there is
 * nothing that a crash or a reader in the middle of it could find half done. Where the file system gives nothing back
 * inside a file, the index stays as it is.
 * @param pruned the range that went just now. @param prunedTo before which of each stream all is gone.
 */
export async function foldOrder(
  path: string,
  {
    kernel,
    pruned: { stream, from, to },
    prunedTo,
  }: {
    kernel: Pick<Kernel, 'punchHole'>;
    pruned: { readonly stream: StreamName; readonly from: number; readonly to: number };
    prunedTo: { readonly [S in StreamName]: number };
  },
): Promise<void> {
  // Most tasks never come so far.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < unitBytes) return;
  using order = new OrderReader(path);
  const firstUnit = Math.floor(order.firstReaching(stream, from + 1) / unitRecords);
  const lastUnit = Math.floor(order.firstReaching(stream, to) / unitRecords);
  const whole = Math.floor(order.count() / unitRecords);
  for (let unit = firstUnit; unit <= lastUnit && unit < whole; unit += 1) {
    if (!isGone(order, { unit, prunedTo })) continue;
    const begin = unit * unitBytes;
    await kernel.punchHole(path, { from: begin, to: begin + foldedBytes });
  }
}

function isGone(
  order: OrderReader,
  { unit, prunedTo }: { unit: number; prunedTo: { readonly [S in StreamName]: number } },
): boolean {
  const before = order.at(unit * unitRecords - 1) ?? { stdout: 0, stderr: 0 };
  const last = order.at((unit + 1) * unitRecords - 1);
  if (last === null) return false;
  return streamNames.every((stream) => last[stream] <= prunedTo[stream] || last[stream] === before[stream]);
}
