import type { EventDraft, LossReason, Microseconds, TaskId } from '../journal/events.ts';
import type { Task, TaskStatus } from '../projections/task.ts';
import { finalLengths } from './final-lengths.ts';
import { worksForOther } from './other-folder.ts';
import type { Signaller } from './signaller.ts';
import { outcomeOfShell, parseStatus } from './status-file.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { Supervisor } from './supervisor.ts';
import type { TaskFolder } from './task-folder.ts';

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
  const { active, openLogs, owed } = context.table.current;
  for (const id of owed) {
    const task = context.table.get(id);
    if (task !== undefined) await signaller.recordUnanswered(task);
  }
  for (const id of new Set([...active, ...openLogs])) {
    const done = await takeUp(context, id, { supervisor });
    if (done !== null) counts[done] += 1;
  }
  return counts;
}

/** What is wrong with one task's folder keeps nobody from the others; and what is short now is there again later. */
async function takeUp(
  context: SupervisionContext,
  id: TaskId,
  { supervisor }: { supervisor: Supervisor },
): Promise<'adopted' | 'begun' | 'lost' | null> {
  const task = context.table.get(id);
  if (task === undefined) return null;
  try {
    return await adoptTask(context, task, { supervisor });
  } catch (error) {
    context.log.error('a task could not be taken up; it is tried again', { task: id, error: String(error) });
    supervisor.later(() => {
      void takeUp(context, id, { supervisor });
    });
    return null;
  }
}

async function adoptTask(
  context: SupervisionContext,
  task: Task,
  { supervisor }: { supervisor: Supervisor },
): Promise<'adopted' | 'begun' | 'lost' | null> {
  const { id, status } = task;
  const folder = supervisor.folder(id);
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
  const adopted = await recordAdoption(context, task);
  supervisor.supervise(id, { attempt: status.attempt, shim, waiting: null });
  return adopted ? 'adopted' : null;
}

/**
 * A task that the journal has as never spawned is started by whoever comes next: unless events about it may be lost.
 * Either the journal was restored since it was submitted, or its shim's own note says more than the journal does.
 * @returns whether it was recorded as lost.
 */
async function recordDoubt(context: SupervisionContext, task: Task, folder: TaskFolder): Promise<boolean> {
  const { journal, self, processes } = context;
  const attempt = task.status.kind === 'submitted' ? task.status.attempt + 1 : 1;
  const noted = parseStatus(folder.readStatus(attempt)?.text ?? '');
  const [submitted] = journal.readTask(task.id);
  if (noted.start === null && (submitted?.seq ?? 0) > journal.lastRestored()) return false;
  const identity = noted.start === null ? null : { ...noted.start, bootId: processes.bootId };
  const found =
    noted.exitStatus !== null
      ? `; its shim noted that it ended with ${noted.exitStatus}`
      : identity === null
        ? ''
        : processes.isAlive(identity)
          ? `; it runs on as process ${identity.pid}, which ghost does not follow`
          : '; its shim noted its start and no end';
  const message = `what the journal told of its start is lost${found}`;
  const { stdout, stderr } = finalLengths(folder.sizes(), task);
  const base = { task: task.id, actor: self } as const;
  // All else stays, since it may run on; and what its shim noted keeps a daemon that comes after a crash from running it again.
  folder.removePipes();
  await journal.append(
    [
      { ...base, type: 'TaskLost', data: { attempt, reason: 'events-lost', message } },
      { ...base, type: 'LogClosed', data: { stdoutBytes: stdout, stderrBytes: stderr, besideBytes: null } },
    ],
    { durability: 'full' },
  );
  return true;
}

/** Whether what lives of a task works for the data folder that this one was copied from. */
function isCopy(
  { processes }: SupervisionContext,
  { status, folder }: { status: Exclude<TaskStatus, { kind: 'submitted' }>; folder: TaskFolder },
): boolean {
  const { attempt, shim } = status;
  const identities = [shim, status.kind === 'running' ? status.identity : null].filter((one) => one !== null);
  const pids = identities.filter((one) => processes.isAlive(one)).map(({ pid }) => pid);
  return worksForOther(pids, { folder, attempt, processes });
}

/** @returns whether the task is lost with it: one that had ended keeps its end, and only its log is closed. */
async function recordCopy({ journal, self }: SupervisionContext, task: Task, folder: TaskFolder): Promise<boolean> {
  const { status, id } = task;
  const base = { task: id, actor: self } as const;
  const lost = status.kind === 'spawned' || status.kind === 'running';
  const { stdout, stderr } = finalLengths(folder.sizes(), task);
  const { besideBytes } = folder.settle();
  const message = 'this data folder is a copy, and the task belongs to the one that it was copied from';
  await journal.append(
    [
      ...(lost
        ? [
            {
              ...base,
              type: 'TaskLost' as const,
              data: { attempt: status.attempt, reason: 'folder-copied' as const, message },
            },
          ]
        : []),
      { ...base, type: 'LogClosed', data: { stdoutBytes: stdout, stderrBytes: stderr, besideBytes } },
    ],
    { durability: 'full' },
  );
  return lost;
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
  return true;
}

/**
 * Everything of another boot is dead, whatever the pids say. An exit that was noted counts; the absence of a start
 * line proves nothing (it was never synced to the disk), so such a task is lost and never started again by itself.
 * @returns whether it is lost.
 */
async function recordAfterReboot(
  { journal, self }: SupervisionContext,
  task: Task,
  supervisor: Supervisor,
): Promise<boolean> {
  const { status, id } = task;
  const folder = supervisor.folder(id);
  const base = { task: id, actor: self } as const;
  const drafts: EventDraft[] = [];
  let lost = false;
  if (status.kind === 'spawned' || status.kind === 'running') {
    const { attempt } = status;
    const file = folder.readStatus(attempt) ?? { text: '', modifiedMs: 0 };
    const noted = parseStatus(file.text);
    const endedAt = Math.round(file.modifiedMs * 1000) as Microseconds;
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
  const { stdout, stderr } = finalLengths(folder.sizes(), task);
  // First what the notes of its shim tell, which go then.
  if (drafts.length > 0) await journal.append(drafts, { durability: 'full' });
  const { besideBytes } = folder.settle();
  const closed = { stdoutBytes: stdout, stderrBytes: stderr, besideBytes };
  await journal.append([{ ...base, type: 'LogClosed', data: closed }], { durability: 'full' });
  return lost;
}
