import { open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { passCrashPoint } from '../crash-point.ts';
import { errorCode } from '../error-code.ts';
import { FactAlreadyRecorded } from '../journal/append.ts';
import type { Actor, DataOf, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { blockBytes } from '../projections/stored-bytes.ts';
import { closedLength } from '../projections/task-row.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { Exclusive } from './exclusive.ts';
import { bytesOnDisk, isOutOfSpace } from './file-system.ts';
import type { Kernel } from './kernel.ts';
import { forWriting } from './no-links.ts';
import { foldOrder } from './order-fold.ts';
import type { Prune } from './retention-policy.ts';
import { TaskFolder } from './task-folder.ts';

export interface RemovalContext {
  readonly journal: Journal;
  readonly table: LiveTable;
  readonly kernel: Kernel;
  readonly log: DaemonLog;
  readonly tasksFolder: string;
  /** Held by whoever changes what of a task lies where. */
  readonly exclusive: Exclusive<TaskId>;
}

/**
 * Takes output away, each piece with its event, which is on the disk before the piece goes: a crash in between leaves a
 * file that the journal knows to be gone, and never the other way round.
 * @returns what went: a range that was taken meanwhile, or cut so that more than was chosen would go, stays.
 * @throws GhostError `journal-write-failed`: what could not be recorded is still there.
 */
export async function removeOutput(
  context: RemovalContext,
  prunes: readonly Prune[],
  { actor }: { actor: Actor },
): Promise<readonly Prune[]> {
  // All at once, so that their events are one commit.
  const settled = await Promise.allSettled(
    [...Map.groupBy(prunes, ({ task }) => task)].map(([task, ofTask]) =>
      context.exclusive.run(task, async () => {
        const pieces = ofTask.flatMap((prune) => asItLiesNow(context, prune));
        const removed = (await Promise.all(pieces.map((prune) => removePiece(context, prune, { actor })))).filter(
          (prune) => prune !== null,
        );
        await removeEmptyFolder(context, task);
        return removed;
      }),
    ),
  );
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}

/** So many events are looked through at once: some milliseconds. */
export const eventsAtOnce = 16_384;

/**
 * Finishes what a killed daemon had recorded and not yet done. Only what came after the last clean stop is looked at, and
 * everybody else has his turn in between: there may have been millions of prunes ever, and of events since then.
 * @returns how many pieces were looked at.
 */
export async function finishRemovals(context: RemovalContext): Promise<number> {
  const { journal } = context;
  const end = journal.lastSeq;
  let finished = 0;
  for (let after = journal.lastCleanStop(); after < end; after += eventsAtOnce) {
    const to = Math.min(after + eventsAtOnce, end);
    for (const event of journal.readType({ type: 'LogSegmentPruned', after, to })) {
      if (event.type !== 'LogSegmentPruned') continue;
      await context.exclusive.run(event.task, async () => {
        await giveBack(context, { ...event.data, task: event.task });
        await removeEmptyFolder(context, event.task);
      });
      finished += 1;
    }
    await setImmediate();
  }
  return finished;
}

/**
 * What somebody asked for may have been compressed since it was chosen in the spool, in part or whole: it goes all the
 * same. What a limit took stays then, because compressed it takes less.
 */
function asItLiesNow({ table, journal }: RemovalContext, prune: Prune): readonly Prune[] {
  const { task: id, stream, from, to, file, reason } = prune;
  const stored = table.get(id)?.stored[stream];
  if (reason !== 'request' || file !== null || stored === undefined || stored.sealedTo <= from) return [prune];
  const segments = stored.starts
    .filter((start) => start >= from && start < to)
    .map((start) => journal.findOnce(`LogSegmentSealed:${id}:${stream}:${start}`))
    .flatMap((sealed) => (sealed?.type === 'LogSegmentSealed' && sealed.data.to <= to ? [sealed.data] : []))
    .map((sealed) => ({ ...prune, from: sealed.from, to: sealed.to, file: sealed.file, bytes: sealed.bytes }));
  return stored.sealedTo < to
    ? [...segments, { ...prune, from: stored.sealedTo, bytes: to - stored.sealedTo }]
    : segments;
}

async function removePiece(context: RemovalContext, prune: Prune, { actor }: { actor: Actor }): Promise<Prune | null> {
  const { task: id, stream, from, to, file, reason } = prune;
  const bytes = bytesThatGo(context, prune);
  if (bytes === null) return null;
  const data: DataOf<'LogSegmentPruned'> = { stream, from, to, file, bytes, reason };
  try {
    await context.journal.append([{ type: 'LogSegmentPruned', task: id, actor, data }], { durability: 'full' });
  } catch (error) {
    // Two ranges cannot begin at one byte: it is this very fact.
    if (!(error instanceof FactAlreadyRecorded)) throw error;
  }
  passCrashPoint('output.pruned');
  await giveBack(context, prune);
  passCrashPoint('output.removed');
  return prune;
}

/** What the event says that it took, or null where that range does not lie there any more. */
function bytesThatGo(
  { table, journal, tasksFolder }: RemovalContext,
  { task: id, stream, from, to, file }: Prune,
): number | null {
  const task = table.get(id);
  if (task === undefined) return null;
  const { sealedTo, starts } = task.stored[stream];
  if (file !== null) {
    const sealed = starts.includes(from) ? journal.findOnce(`LogSegmentSealed:${id}:${stream}:${from}`) : null;
    return sealed?.type === 'LogSegmentSealed' ? sealed.data.bytes : null;
  }
  if (sealedTo !== from) return null;
  return task.log.kind === 'open' ? to - from : bytesOnDisk(new TaskFolder(tasksFolder, id).stream(stream));
}

/** The effect of a recorded prune. Done again it changes nothing. */
async function giveBack(
  context: RemovalContext,
  prune: Pick<Prune, 'task' | 'stream' | 'from' | 'to' | 'file'>,
): Promise<void> {
  const { task: id, stream } = prune;
  const { table, kernel, log, tasksFolder } = context;
  const folder = new TaskFolder(tasksFolder, id);
  const stored = table.get(id)?.stored;
  try {
    folder.demandOwn();
    await giveOutputBack(context, prune, folder);
    if (stored === undefined) return;
    const prunedTo = { stdout: stored.stdout.prunedTo, stderr: stored.stderr.prunedTo };
    await foldOrder(folder.order, { kernel, pruned: prune, prunedTo });
  } catch (error) {
    // Gone with its task's folder.
    if (errorCode(error) === 'ENOENT') return;
    log.error('the space of pruned output could not be given back', { task: id, stream, error: String(error) });
  }
}

async function giveOutputBack(
  { table, kernel }: RemovalContext,
  { task: id, stream, to, file }: Pick<Prune, 'task' | 'stream' | 'to' | 'file'>,
  folder: TaskFolder,
): Promise<void> {
  if (file !== null) {
    // Only a name: whatever else a journal may say, nothing outside the task's folder goes.
    await rm(join(folder.path, basename(file)), { force: true });
    return;
  }
  const task = table.get(id);
  const spool = folder.stream(stream);
  const length = task?.log.kind === 'closed' ? closedLength(task.log, stream) : null;
  if (length !== null && to >= length) await rm(spool, { force: true });
  else await kernel.punchHole(spool, { from: 0, to });
}

/** When all output of a complete task is gone, what told its order and its end is of no use any more. */
async function removeEmptyFolder({ table, tasksFolder }: RemovalContext, id: TaskId): Promise<void> {
  const task = table.get(id);
  if (task?.log.kind !== 'closed') return;
  const { stdout, stderr } = task.stored;
  if (stdout.starts.length + stderr.starts.length > 0) return;
  if (stdout.prunedTo < task.log.stdoutBytes || stderr.prunedTo < task.log.stderrBytes) return;
  await rm(new TaskFolder(tasksFolder, id).path, { recursive: true, force: true });
  passCrashPoint('output.emptied');
}

/**
 * Whether a range inside a file of that folder can be given back: asked of an empty file, which takes no room. Where not
 * even that can be made for want of room it is taken for granted; what cannot be given back then is said when it is tried.
 */
export async function canPunchHoles(
  kernel: Pick<Kernel, 'punchHole'>,
  { folder }: { folder: string },
): Promise<boolean> {
  const probe = join(folder, '.hole');
  try {
    await (await open(probe, forWriting, 0o600)).close();
    return (await kernel.punchHole(probe, { from: 0, to: blockBytes })) === true;
  } catch (error) {
    if (isOutOfSpace(error)) return true;
    throw error;
  } finally {
    await rm(probe, { force: true });
  }
}
