import type { Journal } from '../journal/journal.ts';
import { isoTime, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { TaskDetail } from '../protocol/answers.ts';
import type { Signaller } from './signaller.ts';
import type { TaskFolder } from './task-folder.ts';

/** Everything about one task, its events in order at the end. */
export function describeTask(
  task: Task,
  { journal, signaller, folder }: { journal: Journal; signaller: Signaller; folder: TaskFolder },
): TaskDetail {
  const { status, log } = task;
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
        ? { stdoutBytes: log.stdoutBytes, stderrBytes: log.stderrBytes, complete: true }
        : { stdoutBytes: folder.size('stdout'), stderrBytes: folder.size('stderr'), complete: false },
    descendantsAlive: signaller.descendantsOf(task).length,
    events: journal.readTask(task.id),
  };
}
