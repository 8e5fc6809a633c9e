import { GhostError } from '../ghost-error.ts';
import { isWhole } from '../journal/environments.ts';
import type { TaskJournal } from '../projections/open-task-journal.ts';
import type { PastTasks } from '../projections/past-tasks.ts';
import type { TaskHistory } from '../projections/task-history.ts';
import { type TaskView, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { DaemonStatus, ShutdownResult } from '../protocol/answers.ts';
import type { Handlers, RequestContext } from '../protocol/handlers.ts';
import type { ParametersOf } from '../protocol/messages.ts';
import { createAuditHandlers } from './audit-handlers.ts';
import { createChangeHandlers } from './change-handlers.ts';
import { findTask } from './find-task.ts';
import { createHistoryHandlers } from './history-handlers.ts';
import { listTasks } from './list-tasks.ts';
import { readLog } from './log-reader.ts';
import { pruneOutput } from './prune.ts';
import type { Retention } from './retention.ts';
import { hasEnded } from './signaller.ts';
import { asGhostError, environmentGone } from './start-refusal.ts';
import { type StopContext, signalTask, stopTask } from './stop.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { Submission } from './supervisor.ts';
import { describePast, describeTask } from './task-detail.ts';
import { waitForTasks } from './wait.ts';
import { watchEvents } from './watch-events.ts';

export interface HandlerContext extends SupervisionContext, StopContext {
  readonly retention: Retention;
  readonly past: PastTasks;
  readonly history: TaskHistory;
  readonly rebuild: TaskJournal['rebuild'];
  readonly statusOf: () => DaemonStatus;
  /** Ends this daemon once the answer to the request has gone out. */
  readonly shutDown: (reason: string) => void;
}

/** What the daemon does for each operation of the wire. */
export function createHandlers(context: HandlerContext): Handlers {
  const { journal, table, store, supervisor, signaller } = context;
  const find = (reference: string): Task => findTask(store, reference);
  const recorded = (task: Task, { requestId, name }: { requestId: string; name: string }): boolean =>
    journal.findOnce(`SignalRequested:${task.id}:${requestId}:${name}`) !== null;
  const start = async (submission: Submission, { actor, signal }: RequestContext): Promise<TaskView> => {
    const id = await supervisor.submit(submission, { actor });
    const task = await table.until(id, ({ status }) => status.kind === 'running' || status.kind === 'ended', {
      signal,
    });
    const refusal = asGhostError(task);
    if (refusal !== null) throw refusal;
    return viewTask(task);
  };

  return {
    ping: () => Promise.resolve({}),
    run: (parameters, request) => start({ ...parameters, restartOf: null }, request),
    restart: async ({ requestId, task: reference }, request) => {
      const task = find(reference);
      return start(restartOf(task, { requestId, context }), request);
    },
    list: (parameters, { signal }) => listTasks(context, parameters, { signal }),
    show: ({ task: reference, at }) => {
      const task = find(reference);
      const parts = { journal, signaller, folder: supervisor.folder(task.id) };
      return Promise.resolve(at === null ? describeTask(task, parts) : describePast(context, task, { at, ...parts }));
    },
    stop: ({ requestId, task: reference, graceMs }, { actor, signal }) => {
      const task = find(reference);
      const again = recorded(task, { requestId, name: 'SIGTERM' });
      return stopTask(context, task, { requestId, graceMs, reason: 'stop', actor, signal, again });
    },
    signal: ({ requestId, task: reference, signal: name }, { actor, signal }) => {
      const task = find(reference);
      const again = recorded(task, { requestId, name });
      return signalTask(context, task, { requestId, name, actor, signal, again });
    },
    wait: (parameters, { signal }) => waitForTasks(context, parameters, { signal }),
    log: ({ task: reference, ...options }, { signal }) => readLog(context, find(reference), { ...options, signal }),
    watch: ({ after }, { signal }) => watchEvents(journal, { after: after ?? journal.lastSeq, signal }),
    prune: ({ tasks, ...rules }, request) =>
      pruneOutput(context, { ...rules, tasks: tasks?.map(find) ?? null }, request),
    status: () => Promise.resolve(context.statusOf()),
    shutdown: (parameters, request) => shutDown(context, parameters, request),
    ...createHistoryHandlers(context),
    ...createAuditHandlers(context),
    ...createChangeHandlers(context),
  };
}

function restartOf(task: Task, { requestId, context }: { requestId: string; context: HandlerContext }): Submission {
  const again = context.journal.findOnce(`request:${requestId}`) !== null;
  if (!hasEnded(task) && !again) {
    throw new GhostError('task-still-running', `task ${task.id} is still running`, {
      hint: `ghost stop ${task.id}`,
      task: task.id,
    });
  }
  const environment = context.journal.environments.read(task.environmentHash);
  if (environment === null || !isWhole(environment)) throw environmentGone(task, environment);
  const { command, cwd, umask, openFilesSoftLimit, name, tags, timeoutMs } = task;
  const restartOf = task.id;
  return { requestId, command, cwd, environment, umask, openFilesSoftLimit, name, tags, timeoutMs, restartOf };
}

async function shutDown(
  context: HandlerContext,
  { requestId, stopTasks, graceMs }: ParametersOf<'shutdown'>,
  { actor, signal }: RequestContext,
): Promise<ShutdownResult> {
  const running = [...context.table.current.active];
  if (stopTasks) {
    await Promise.all(
      running.map(async (id) => {
        const task = context.table.get(id);
        if (task === undefined) return;
        await stopTask(context, task, { requestId, graceMs, reason: 'shutdown', actor, signal, again: true });
      }),
    );
  }
  context.shutDown('shutdown');
  const { size } = context.table.current.active;
  return { pid: process.pid, tasksRunning: size, tasksStopped: stopTasks ? running.length : 0 };
}
