import { GhostError } from '../ghost-error.ts';
import type { Actor, SignalReason } from '../journal/events.ts';
import type { LiveTable } from '../projections/live-table.ts';
import { viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { StopResult } from '../protocol/answers.ts';
import { type Signaller, hasEnded } from './signaller.ts';
import type { Supervisor } from './supervisor.ts';

/** How often to look whether what a task left behind has gone. */
const descendantsPollMs = 25;
/** After SIGKILL, how long to wait before saying that it does not end (a process in an uninterruptible sleep). */
const unkillableMs = 10_000;
/** How long those that a signal has hit besides the task may take to be gone, before they count as alive. */
const dyingMs = { SIGTERM: 250, SIGKILL: 2_000 } as const;

export interface StopContext {
  readonly table: LiveTable;
  readonly supervisor: Supervisor;
  readonly signaller: Signaller;
}

/**
 * SIGTERM to the whole group, and SIGKILL when its grace has run out (deadlines.ts, from the journal, so that a daemon
 * that is killed meanwhile does not forget it). Settles when the task has ended.
 * @throws GhostError `task-ended` where nothing of it is alive; `signal-failed` where it belongs to another user.
 */
export async function stopTask(
  { table, signaller }: StopContext,
  given: Task,
  {
    requestId,
    graceMs,
    reason,
    actor,
    signal,
    again,
  }: {
    requestId: string;
    graceMs: number;
    reason: SignalReason;
    actor: Actor;
    signal: AbortSignal;
    /** Whether this request was recorded before, so that an ended task is its success. */
    again: boolean;
  },
): Promise<StopResult> {
  const task = await table.until(given.id, ({ status }) => status.kind === 'running' || status.kind === 'ended', {
    signal,
  });
  if (hasEnded(task) && !again && signaller.descendantsOf(task).length === 0) throw alreadyEnded(task);
  const signals: { signal: string; answer: string }[] = [];
  const send = async (name: string, why: SignalReason, grace: number | null): Promise<void> => {
    const order = { requestId, signal: name, reason: why, graceMs: grace };
    signals.push({ signal: name, answer: await signaller.send(task, order, { actor }) });
  };
  await send('SIGTERM', reason, graceMs);
  demandPermitted(task, signals);
  if (signaller.isStopped(task)) await send('SIGCONT', 'wake', null);
  const ended = hasEnded(task)
    ? await descendantsGone({ table, signaller }, task, { signal, withinMs: graceMs + unkillableMs })
    : await endsWithOthers({ table, signaller }, await table.until(task.id, hasEnded, { signal }), { signal });
  return { task: viewTask(ended), signals, descendantsAlive: signaller.descendantsOf(ended).length };
}

/**
 * One signal to the whole group. After SIGKILL it settles when the task has ended, else when the kernel has answered.
 * @throws GhostError `task-ended`, `signal-failed`.
 */
export async function signalTask(
  { table, signaller }: StopContext,
  given: Task,
  {
    requestId,
    name,
    actor,
    signal,
    again,
  }: { requestId: string; name: string; actor: Actor; signal: AbortSignal; again: boolean },
): Promise<StopResult> {
  const task = await table.until(given.id, ({ status }) => status.kind === 'running' || status.kind === 'ended', {
    signal,
  });
  if (hasEnded(task) && !again && signaller.descendantsOf(task).length === 0) throw alreadyEnded(task);
  const kills = name === 'SIGKILL';
  const order = { requestId, signal: name, reason: kills ? 'kill' : 'signal', graceMs: null } as const;
  const answer = await signaller.send(task, order, { actor });
  demandPermitted(task, [{ answer }]);
  let last: Task = task;
  if (kills) {
    last = hasEnded(task)
      ? await descendantsGone({ table, signaller }, task, { signal, withinMs: unkillableMs })
      : await endsWithOthers({ table, signaller }, await endsWithin(table, task, { signal }), { signal });
  }
  const now = table.get(task.id) ?? last;
  return {
    task: viewTask(now),
    signals: [{ signal: name, answer }],
    descendantsAlive: signaller.descendantsOf(now).length,
  };
}

/** What the kernel does not let ghost end is not waited for: `ghost run sudo ...`. */
function demandPermitted(task: Task, signals: readonly { readonly answer: string }[]): void {
  if (!signals.some(({ answer }) => answer === 'not-permitted')) return;
  const message = `task ${task.id} may not be signalled: it belongs to another user by now`;
  throw new GhostError('signal-failed', message, { task: task.id });
}

async function endsWithin(table: LiveTable, task: Task, { signal }: { signal: AbortSignal }): Promise<Task> {
  const deadline = AbortSignal.timeout(unkillableMs);
  try {
    return await table.until(task.id, hasEnded, { signal: AbortSignal.any([signal, deadline]) });
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    throw new GhostError(
      'signal-failed',
      `task ${task.id} was sent SIGKILL and has not ended after ${unkillableMs / 1000} s: the kernel holds it (an uninterruptible wait, as for a disk or a network file system)`,
      { hint: `ghost wait ${task.id}`, task: task.id },
    );
  }
}

/** The signal that ended a task has hit its group too: one that is just ending is not one that goes on. */
async function endsWithOthers(
  context: Pick<StopContext, 'table' | 'signaller'>,
  task: Task,
  { signal }: { signal: AbortSignal },
): Promise<Task> {
  const withinMs = viewTask(task).signal === 'SIGKILL' ? dyingMs.SIGKILL : dyingMs.SIGTERM;
  return await descendantsGone(context, task, { signal, withinMs });
}

async function descendantsGone(
  { table, signaller }: Pick<StopContext, 'table' | 'signaller'>,
  task: Task,
  { signal, withinMs }: { signal: AbortSignal; withinMs: number },
): Promise<Task> {
  const deadline = performance.now() + withinMs;
  while (signaller.descendantsOf(task).length > 0 && performance.now() < deadline) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, descendantsPollMs));
  }
  return table.get(task.id) ?? task;
}

function alreadyEnded(task: Task): GhostError {
  const { state, exitCode, signal } = viewTask(task);
  const how = signal ?? (exitCode === null ? '' : `with code ${exitCode}`);
  return new GhostError('task-ended', `task ${task.id} has already ended (${[state, how].filter(Boolean).join(' ')})`, {
    hint: `ghost show ${task.id}`,
    task: task.id,
  });
}
