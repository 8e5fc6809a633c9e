import type { JournalEvent } from '../../src/journal/events.ts';
import { evolveTask, isTaskEvent } from '../../src/projections/evolve-task.ts';
import type { Task } from '../../src/projections/task.ts';
import { committed, identity, microseconds, noon, taskDraft } from '../support/facts.ts';

/** The events of a task that runs. */
export function startedEvents(
  task: number,
  {
    after,
    command = ['make', '-j4'],
    name = null,
  }: { after: number; command?: readonly string[]; name?: string | null },
): readonly JournalEvent[] {
  const uuid = `0f0e0d0c-0b0a-4908-8706-${String(task).padStart(12, '0')}`;
  const submitted = { uuid, requestId: `request-${task}`, command, name, tags: [] };
  return committed(
    [
      taskDraft('TaskSubmitted', { task, data: submitted }),
      taskDraft('TaskSpawned', { task }),
      taskDraft('TaskStarted', { task, data: { identity: identity(1000 + task) } }),
    ],
    { after },
  );
}

/** The events of its end. */
export function endedEvents(task: number, { after, code }: { after: number; code: number }): readonly JournalEvent[] {
  const endedAt = microseconds(noon + 1_500_000);
  return committed(
    [
      taskDraft('TaskExited', { task, data: { outcome: { kind: 'exited', code }, endedAt } }),
      taskDraft('LogClosed', { task }),
    ],
    { after },
  );
}

/** So many tasks as the daemon gives them: the even ones have exited, the odd ones run. */
export function tasksNumbered(count: number): { readonly seq: number; readonly tasks: readonly Task[] } {
  const events: JournalEvent[] = [];
  for (let task = 1; task <= count; task += 1) {
    events.push(...startedEvents(task, { after: events.length, command: ['sleep', String(task)] }));
    if (task % 2 === 0) events.push(...endedEvents(task, { after: events.length, code: 0 }));
  }
  const tasks = new Map<number, Task>();
  for (const event of events) {
    if (!isTaskEvent(event)) continue;
    const task = evolveTask(tasks.get(event.task), event);
    if (task !== undefined) tasks.set(task.id, task);
  }
  return { seq: events.length, tasks: [...tasks.values()] };
}
