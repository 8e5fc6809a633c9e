import type { JournalEvent, TaskId } from '../journal/events.ts';
import { evolveTask, isTaskEvent } from './evolve-task.ts';
import { isLive } from './task-row.ts';
import type { Task } from './task.ts';

/**
 * The tasks of which more is to come by itself (see `isLive`). It belongs to its fold and is changed in place; a `Task`
 * in it is never changed, only replaced.
 */
export interface LiveTasks {
  /** The last event that was folded. */
  readonly seq: number;
  readonly tasks: ReadonlyMap<TaskId, Task>;
  /** Those that have not ended. */
  readonly active: ReadonlySet<TaskId>;
  /** Those whose output is not complete: active ones, and ended ones whose streams are held open. */
  readonly openLogs: ReadonlySet<TaskId>;
  /** Those with a signal that is not answered or a stop that is under way, ended or not: somebody is owed something. */
  readonly owed: ReadonlySet<TaskId>;
}

interface OwnedLiveTasks extends LiveTasks {
  seq: number;
  tasks: Map<TaskId, Task>;
  active: Set<TaskId>;
  openLogs: Set<TaskId>;
  owed: Set<TaskId>;
}

/** The live tasks after an event, to fold on from. */
export function liveTasksOf({ seq, tasks }: { seq: number; tasks: Iterable<Task> }): LiveTasks {
  const live: OwnedLiveTasks = {
    seq,
    tasks: new Map(),
    active: new Set(),
    openLogs: new Set(),
    owed: new Set(),
  };
  for (const task of tasks) put(live, task);
  return live;
}

/** Puts others in the place of all of them. */
export function replaceLiveTasks(live: LiveTasks, { seq, tasks }: { seq: number; tasks: Iterable<Task> }): void {
  // Made by `liveTasksOf` and by nothing else.
  const owned = live as OwnedLiveTasks;
  owned.seq = seq;
  owned.tasks.clear();
  for (const set of [owned.active, owned.openLogs, owned.owed]) set.clear();
  for (const task of tasks) put(owned, task);
}

/**
 * The live tasks after one more event.
 * @param find gives a task that is not among them: as it is after this event, or after later ones.
 */
export function evolveLiveTasks(
  live: LiveTasks,
  event: JournalEvent,
  { find }: { find: (id: TaskId) => Task | undefined },
): LiveTasks {
  // Made by `liveTasksOf` and by nothing else.
  const owned = live as OwnedLiveTasks;
  if (event.seq <= owned.seq) return owned;
  owned.seq = event.seq;
  if (!isTaskEvent(event)) return owned;
  const before = owned.tasks.get(event.task) ?? find(event.task);
  const folded = before !== undefined && before.changedBy >= event.seq;
  const after = folded ? before : evolveTask(before, event);
  if (after !== undefined) put(owned, after);
  return owned;
}

function put(live: OwnedLiveTasks, task: Task): void {
  const { id } = task;
  const keep = (set: Set<TaskId> | Map<TaskId, Task>, { when }: { when: boolean }): void => {
    if (!when) set.delete(id);
    else if (set instanceof Map) set.set(id, task);
    else set.add(id);
  };
  keep(live.tasks, { when: isLive(task) });
  keep(live.active, { when: task.status.kind !== 'ended' });
  keep(live.openLogs, { when: task.log.kind === 'open' });
  keep(live.owed, { when: task.stop !== null || task.unansweredSignals.length > 0 });
}
