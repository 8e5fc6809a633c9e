import type { LossReason } from '../journal/events.ts';
import type { Task, TaskStatus } from '../projections/task.ts';
import { finalLengths } from './final-lengths.ts';
import { worksForOther } from './other-folder.ts';
import { parseStatus } from './status-file.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { TaskFolder } from './task-folder.ts';

/** What a starting daemon must not take up, though the journal reads as if it should: tasks of lost events and of copies. */

/**
 * A task that the journal has as never spawned is started by whoever comes next: unless events about it may be lost.
 * Either the journal was restored since it was submitted, or what lies in its folder says more than the journal does.
 * @returns whether it was recorded as lost.
 */
export async function recordDoubt(context: SupervisionContext, task: Task, folder: TaskFolder): Promise<boolean> {
  const { journal, processes } = context;
  const attempt = task.status.kind === 'submitted' ? task.status.attempt + 1 : 1;
  const { start, exitStatus } = parseStatus(folder.readStatus(attempt)?.text ?? '');
  const { stdout, stderr } = folder.sizes();
  const [submitted] = journal.readTask(task.id);
  const mayBeLost = (submitted?.seq ?? 0) < journal.lastRestored();
  if (start === null && stdout + stderr === 0 && !mayBeLost) return false;
  const runs = start !== null && processes.isAlive({ ...start, bootId: processes.bootId });
  const found =
    exitStatus !== null
      ? `; its shim noted that it ended with ${exitStatus}`
      : start === null
        ? ''
        : runs
          ? `; it runs on as process ${start.pid}, which ghost does not follow`
          : '; its shim noted its start and no end';
  await recordLost(context, task, {
    attempt,
    reason: 'events-lost',
    message: `what the journal told of its start is lost${found}`,
  });
  // What runs on has its files.
  await recordClosed(context, task, folder, { settle: !runs });
  return true;
}

/** Whether what lives of a task works for the data folder that this one was copied from. */
export function isCopy(
  { processes }: SupervisionContext,
  { status, folder }: { status: Exclude<TaskStatus, { kind: 'submitted' }>; folder: TaskFolder },
): boolean {
  const { attempt, shim } = status;
  const identities = [shim, status.kind === 'running' ? status.identity : null].filter((one) => one !== null);
  const pids = identities.filter((one) => processes.isAlive(one)).map(({ pid }) => pid);
  return worksForOther(pids, { folder, attempt, processes });
}

/** @returns whether the task is lost with it: one that had ended keeps its end, and only its log is closed. */
export async function recordCopy(context: SupervisionContext, task: Task, folder: TaskFolder): Promise<boolean> {
  const { status } = task;
  const lost = status.kind === 'spawned' || status.kind === 'running';
  if (lost) {
    await recordLost(context, task, {
      attempt: status.attempt,
      reason: 'folder-copied',
      message: 'this data folder is a copy, and the task belongs to the one that it was copied from',
    });
  }
  await recordClosed(context, task, folder);
  return lost;
}

async function recordLost(
  { journal, self }: SupervisionContext,
  { id }: Task,
  data: { readonly attempt: number; readonly reason: LossReason; readonly message: string },
): Promise<void> {
  await journal.append([{ type: 'TaskLost', task: id, actor: self, data }], { durability: 'full' });
}

/** What a task wrote is complete as it lies there. */
export async function recordClosed(
  { journal, self }: SupervisionContext,
  task: Task,
  folder: TaskFolder,
  { settle = true }: { readonly settle?: boolean } = {},
): Promise<void> {
  const { stdout, stderr } = finalLengths(folder.sizes(), task);
  const besideBytes = settle ? folder.settle().besideBytes : null;
  const closed = { stdoutBytes: stdout, stderrBytes: stderr, besideBytes };
  await journal.append([{ type: 'LogClosed', task: task.id, actor: self, data: closed }], { durability: 'full' });
}
