import type { JournalEvent, TaskId } from '../journal/events.ts';
import { evolveTask, isTaskEvent } from '../projections/evolve-task.ts';
import { type TaskState, taskStates, type TaskView, viewTask } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';

/** The tasks that the screen knows of, as they are after an event. It is folded as everywhere else, and never changed. */
export interface KnownTasks {
  /** The last event that was folded. */
  readonly seq: number;
  readonly tasks: ReadonlyMap<TaskId, Task>;
}

export const noTasks: KnownTasks = { seq: 0, tasks: new Map() };

/** How many of the tasks that ended last are asked for at the start; running ones are always there. */
export const endedShown = 2_000;
/** How many are held; the oldest ended ones give way to new ones. */
export const knownMax = 4_000;

/** What the daemon gave as the state after an event. */
export function knownFrom({ seq, tasks }: { readonly seq: number; readonly tasks: readonly Task[] }): KnownTasks {
  return { seq, tasks: new Map(tasks.map((task) => [task.id, task])) };
}

/** The task with a number, if it is known. */
export function taskNumbered({ tasks }: KnownTasks, id: number): Task | undefined {
  const numbered: ReadonlyMap<number, Task> = tasks;
  return numbered.get(id);
}

/** The tasks after some more events. One that was folded before changes nothing. */
export function evolveKnown(known: KnownTasks, events: readonly JournalEvent[]): KnownTasks {
  const tasks = new Map(known.tasks);
  let { seq } = known;
  for (const event of events) {
    if (event.seq <= seq) continue;
    ({ seq } = event);
    if (!isTaskEvent(event)) continue;
    const task = evolveTask(tasks.get(event.task), event);
    if (task !== undefined) tasks.set(task.id, task);
  }
  if (tasks.size > knownMax) dropOldest(tasks);
  return { seq, tasks };
}

const views = new WeakMap<Task, TaskView>();

/** A task as it is shown; the same object for the same task. */
export function viewOf(task: Task): TaskView {
  const known = views.get(task);
  if (known !== undefined) return known;
  const view = viewTask(task);
  views.set(task, view);
  return view;
}

/** How many tasks are in each state, in the order of the states. */
export function countsOf(tasks: readonly TaskView[]): readonly { readonly state: TaskState; readonly count: number }[] {
  const counts = new Map<TaskState, number>();
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  return taskStates.map((state) => ({ state, count: counts.get(state) ?? 0 }));
}

function dropOldest(tasks: Map<TaskId, Task>): void {
  for (const { id, status } of [...tasks.values()].toSorted((one, other) => one.id - other.id)) {
    if (tasks.size <= knownMax) return;
    if (status.kind === 'ended') tasks.delete(id);
  }
}
