import { GhostError } from '../ghost-error.ts';
import type { JournalEvent, Microseconds } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import { isoTime } from '../microseconds.ts';
import type { PastTasks } from '../projections/past-tasks.ts';
import { viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { TaskDetail } from '../protocol/answers.ts';
import type { Moment } from '../protocol/messages.ts';
import { type MomentReader, seqOfMoment } from './moment.ts';
import { OrderReader, lastSeenAt } from './order-index.ts';
import type { Signaller } from './signaller.ts';
import type { TaskFolder } from './task-folder.ts';

/** Everything about one task, its events in order at the end. */
export function describeTask(
  task: Task,
  { journal, signaller, folder }: { journal: Journal; signaller: Signaller; folder: TaskFolder },
): TaskDetail {
  const { status, log } = task;
  const lastAt = timeText(lastSeenAt(folder.order));
  return {
    task: viewTask(task),
    submittedAt: isoTime(task.submittedAt),
    submittedBy: task.submittedBy,
    attempt: status.attempt,
    umask: task.umask,
    timeoutMs: task.timeoutMs,
    restartOf: task.restartOf,
    shimPid: status.kind === 'submitted' ? null : (status.shim?.pid ?? null),
    adoptions: task.adoptions,
    processorTime: status.kind === 'ended' ? status.processorTime : null,
    environmentNames: (journal.environments.read(task.environmentHash) ?? []).map(([name]) => name),
    log:
      log.kind === 'closed'
        ? { stdoutBytes: log.stdoutBytes, stderrBytes: log.stderrBytes, complete: true, lastAt }
        : { stdoutBytes: folder.size('stdout'), stderrBytes: folder.size('stderr'), complete: false, lastAt },
    descendantsAlive: signaller.countDescendants(task),
    events: journal.readTask(task.id),
  };
}

/**
 * A task as it was known after an event of the past, with the events until then.
 * @throws GhostError `no-such-task` where it was not yet.
 */
export function describePast(
  reader: MomentReader & { readonly past: PastTasks },
  now: Task,
  { at, journal, signaller, folder }: { at: Moment; journal: Journal; signaller: Signaller; folder: TaskFolder },
): TaskDetail {
  const seq = seqOfMoment(reader, at);
  const task = reader.past.get(now.id, { seq });
  if (task === undefined) {
    const when = at.kind === 'event' ? `after event ${at.seq}` : `at ${at.time}`;
    throw new GhostError('no-such-task', `task ${now.id} was not there yet ${when}`, {
      hint: `it came at ${isoTime(now.submittedAt)}; see: ghost show ${now.id}`,
      field: 'task',
    });
  }
  const detail = describeTask(task, { journal, signaller, folder });
  const events = detail.events.filter((event) => event.seq <= seq);
  // What lives now says nothing about then.
  return { ...detail, log: logThen(task, { events, folder }), descendantsAlive: 0, events };
}

/** How far each stream had come by the last of some events. */
function logThen(
  { log, stored }: Task,
  { events, folder }: { events: readonly JournalEvent[]; folder: TaskFolder },
): TaskDetail['log'] {
  if (log.kind === 'closed') {
    const { stdoutBytes, stderrBytes } = log;
    return { stdoutBytes, stderrBytes, complete: true, lastAt: timeText(lastSeenAt(folder.order)) };
  }
  using order = new OrderReader(folder.order);
  const last = events.at(-1);
  const seen = last === undefined ? null : order.at(order.firstSince(last.at) - 1);
  return {
    stdoutBytes: Math.max(seen?.stdout ?? 0, stored.stdout.sealedTo),
    stderrBytes: Math.max(seen?.stderr ?? 0, stored.stderr.sealedTo),
    complete: false,
    lastAt: timeText(seen?.at ?? null),
  };
}

function timeText(at: Microseconds | null): string | null {
  return at === null ? null : isoTime(at);
}
