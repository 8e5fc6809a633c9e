import { passCrashPoint } from '../crash-point.ts';
import type { EventDraft, LossReason, TaskId } from '../journal/events.ts';
import { microsecondsAt } from '../microseconds.ts';
import { endedStates } from '../projections/task-store.ts';
import type { Task } from '../projections/task.ts';
import { finalLengths } from './final-lengths.ts';
import { isCopy, recordClosed, recordCopy, recordDoubt } from './lost-at-start.ts';
import { repairOrder } from './order-repair.ts';
import type { Signaller } from './signaller.ts';
import { outcomeOfShell, parseStatus } from './status-file.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { Supervisor } from './supervisor.ts';

/** What was written longer ago than this is on the disk: Linux waits 30 seconds (vm.dirty_expire_centisecs). */
export const unsyncedUsMax = 600_000_000;

/**
 * Takes up what an earlier daemon left: what runs is supervised again, what
 * ended meanwhile is recorded, what provably never ran is started, and what was running when the machine was started
 * anew is lost. Nothing is signalled, and nothing that may have run is run again.
 */
export async function adoptTasks(
  context: SupervisionContext,
  { supervisor, signaller }: { supervisor: Supervisor; signaller: Signaller },
): Promise<{ readonly adopted: number; readonly begun: number; readonly lost: number }> {
  const counts = { adopted: 0, begun: 0, lost: 0 };
  repairOrders(context, supervisor);
  const { active, openLogs, owed } = context.table.current;
  for (const id of owed) {
    const task = context.table.get(id);
    if (task !== undefined) await signaller.recordUnanswered(task);
  }
  for (const id of new Set([...active, ...openLogs])) {
    const done = await takeUp(context, id, { supervisor, earlier: { told: null, adopted: false } });
    if (done !== null) counts[done] += 1;
  }
  return counts;
}

/** What this daemon has done so far of taking a task up, so that the next try does it no second time. */
interface Earlier {
  /** Why the last try failed, as it was told. */
  told: string | null;
  /** Its adoption is recorded: a fact that every daemon may record once, and that no key guards. */
  adopted: boolean;
}

/** What is wrong with one task's folder keeps nobody from the others; and what is short now is there again later. */
async function takeUp(
  context: SupervisionContext,
  id: TaskId,
  { supervisor, earlier }: { supervisor: Supervisor; earlier: Earlier },
): Promise<'adopted' | 'begun' | 'lost' | null> {
  const task = context.table.get(id);
  if (task === undefined) return null;
  try {
    return await adoptTask(context, task, { supervisor, earlier });
  } catch (error) {
    const why = String(error);
    // Tried every few seconds, and told once.
    if (why !== earlier.told) {
      context.log.error('a task could not be taken up; it is tried again', { task: id, error: why });
    }
    earlier.told = why;
    supervisor.later(() => {
      void takeUp(context, id, { supervisor, earlier });
    });
    return null;
  }
}

/**
 * What a task that ended shortly before the machine did had not yet been brought to the disk may be there in part. Looked
 * at once, by the first daemon of a boot.
 */
export function repairOrders(
  { store, processes, log }: Pick<SupervisionContext, 'store' | 'processes' | 'log'>,
  supervisor: Pick<Supervisor, 'folder'>,
): void {
  let lastEnd: number | null = null;
  for (const id of store.ended({ states: endedStates, forgotten: true })) {
    const task = store.get(id);
    // One that was never started has no output.
    if (task?.status.kind !== 'ended' || task.status.shim === null) continue;
    const { shim, endedAt } = task.status;
    lastEnd ??= endedAt;
    if (shim.bootId === processes.bootId || lastEnd - endedAt > unsyncedUsMax) return;
    if (task.log.kind === 'open') continue;
    const { stdoutBytes: stdout, stderrBytes: stderr } = task.log;
    try {
      const folder = supervisor.folder(id);
      folder.demandOwn();
      if (!repairOrder(folder.order, { lengths: { stdout, stderr } })) continue;
      log.warn('the order of a log was cut off where the machine went down', { task: id });
    } catch (error) {
      // What is wrong with one task's folder keeps nobody from the others.
      log.error('the order of a log could not be looked at', { task: id, error: String(error) });
    }
  }
}

async function adoptTask(
  context: SupervisionContext,
  task: Task,
  { supervisor, earlier }: { supervisor: Supervisor; earlier: Earlier },
): Promise<'adopted' | 'begun' | 'lost' | null> {
  const { id, status } = task;
  const folder = supervisor.folder(id);
  folder.demandOwn();
  if (status.kind === 'submitted') {
    if (await recordDoubt(context, task, folder)) return 'lost';
    supervisor.begin(id);
    return 'begun';
  }
  const { shim } = status;
  if (shim?.bootId !== context.processes.bootId) {
    return (await recordAfterReboot(context, task, supervisor)) ? 'lost' : null;
  }
  if (isCopy(context, { status, folder })) return (await recordCopy(context, task, folder)) ? 'lost' : null;
  if (!earlier.adopted) earlier.adopted = await recordAdoption(context, task);
  supervisor.supervise(id, { attempt: status.attempt, shim, waiting: null });
  return earlier.adopted ? 'adopted' : null;
}

/** Only what is alive is adopted; what has ended is recorded by its supervision. */
async function recordAdoption({ processes, journal, self }: SupervisionContext, task: Task): Promise<boolean> {
  const { status, id } = task;
  if (status.kind !== 'spawned' && status.kind !== 'running') return false;
  const shimAlive = processes.isAlive(status.shim);
  const pid = status.kind === 'running' && processes.isAlive(status.identity) ? status.identity.pid : null;
  if (!shimAlive && pid === null) return false;
  const { attempt } = status;
  const base = { task: id, actor: self } as const;
  await journal.append(
    [
      { ...base, type: 'TaskOrphaned', data: { attempt, pid, shim: shimAlive ? 'alive' : 'gone' } },
      { ...base, type: 'TaskAdopted', data: { attempt, pid } },
    ],
    { durability: 'normal' },
  );
  passCrashPoint('task.adopted');
  return true;
}

/**
 * Everything of another boot is dead, whatever the pids say. An exit that was noted counts; the absence of a start
 * line proves nothing (it was never synced to the disk), so such a task is lost and never started again by itself.
 * @returns whether it is lost.
 */
async function recordAfterReboot(context: SupervisionContext, task: Task, supervisor: Supervisor): Promise<boolean> {
  const { journal, self } = context;
  const { status, id } = task;
  const folder = supervisor.folder(id);
  const base = { task: id, actor: self } as const;
  const drafts: EventDraft[] = [];
  let lost = false;
  if (status.kind === 'spawned' || status.kind === 'running') {
    const { attempt } = status;
    const file = folder.readStatus(attempt) ?? { text: '', modifiedMs: 0 };
    const noted = parseStatus(file.text);
    const endedAt = microsecondsAt(file.modifiedMs);
    if (noted.start !== null && status.kind === 'spawned') {
      const identity = { ...noted.start, bootId: status.shim.bootId };
      drafts.push({ ...base, type: 'TaskStarted', data: { attempt, identity, startedAt: status.at } });
    }
    if (noted.exitStatus !== null) {
      const outcome = outcomeOfShell(noted.exitStatus, { messages: folder.readMessages(attempt) });
      const { processorTime } = noted;
      const facts = { outcome, endedAt, processorTime, observed: 'found', source: 'status-file' } as const;
      drafts.push({ ...base, type: 'TaskExited', data: { attempt, ...facts } });
    } else {
      const reason: LossReason =
        noted.start === null && status.kind === 'spawned' ? 'start-unknown' : 'machine-rebooted';
      const message =
        reason === 'machine-rebooted'
          ? 'the machine was started anew while it ran, or its data folder was copied from another one'
          : 'the machine was started anew just as it was being started; it is not known whether it ran';
      drafts.push({ ...base, type: 'TaskLost', data: { attempt, reason, message } });
      lost = true;
    }
  }
  // First what the notes of its shim tell, which go then.
  if (drafts.length > 0) await journal.append(drafts, { durability: 'full' });
  const { stdout, stderr } = finalLengths(folder.sizes(), task);
  repairOrder(folder.order, { lengths: { stdout, stderr } });
  await recordClosed(context, task, folder);
  return lost;
}
