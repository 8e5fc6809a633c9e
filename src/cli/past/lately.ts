import type { Client } from '../../client/api.ts';
import type { JournalEvent } from '../../journal/events.ts';
import type { TaskView } from '../../projections/task-view.ts';
import { auditTasksMax } from '../../protocol/limits.ts';

/** A task with what is known of it: its events only where somebody needs them. */
export interface KnownTask {
  readonly task: TaskView;
  readonly events: readonly JournalEvent[];
}

/** So many tasks are asked for at once. */
const askedAtOnce = 32;

/**
 * The tasks that run and ended last; of a time that was given, those that ran in it. By number, ascending.
 * @param options.most more than so many, counted from the newest, need not be given.
 */
export async function tasksOfLately(
  client: Client,
  { since, until, most }: { readonly since?: Date; readonly until?: Date; readonly most: number },
): Promise<readonly TaskView[]> {
  if (since === undefined && until === undefined) return await client.list();
  const tasks = new Map<number, TaskView>();
  if (since !== undefined) {
    // Submitted before, and running then; how they are by now is another question.
    const at = { kind: 'time', time: since.toISOString() } as const;
    const running = await client.list({ states: ['running'], all: true, at });
    for (const task of await asOfNow(client, running)) tasks.set(task.id, task);
  }
  const terms = [
    ...(since === undefined ? [] : [{ not: false, field: 'since', time: since.toISOString() } as const]),
    ...(until === undefined ? [] : [{ not: false, field: 'until', time: until.toISOString() } as const]),
  ];
  for await (const task of client.history({ terms }, { limit: most })) tasks.set(task.id, task);
  return [...tasks.values()].toSorted((one, other) => one.id - other.id);
}

async function asOfNow(client: Client, tasks: readonly TaskView[]): Promise<readonly TaskView[]> {
  const now: TaskView[] = [];
  for (let from = 0; from < tasks.length; from += askedAtOnce) {
    const some = tasks.slice(from, from + askedAtOnce);
    const shown = await Promise.all(some.map(({ id }) => client.show(String(id))));
    now.push(...shown.map(({ task }) => task));
  }
  return now;
}

/** Asks for the events of all of them in one stream. */
export async function withEvents(client: Client, tasks: readonly TaskView[]): Promise<readonly KnownTask[]> {
  const events = new Map<number, JournalEvent[]>(tasks.map(({ id }) => [id, []]));
  for (let from = 0; from < tasks.length; from += auditTasksMax) {
    const some = tasks.slice(from, from + auditTasksMax).map(({ id }) => String(id));
    for await (const event of client.audit({ tasks: some })) {
      if (event.task !== null) events.get(event.task)?.push(event);
    }
  }
  return tasks.map((task) => ({ task, events: events.get(task.id) ?? [] }));
}

/** Asks for the events of those only of which the view does not tell when they were: lost ones, and one about to start. */
export async function withTimes(client: Client, tasks: readonly TaskView[]): Promise<readonly KnownTask[]> {
  const unclear = tasks.filter(({ startedAt, endedAt, state }) => state === 'lost' || (startedAt ?? endedAt) === null);
  const asked = new Map((await withEvents(client, unclear)).map((known) => [known.task.id, known]));
  return tasks.map((task) => asked.get(task.id) ?? { task, events: [] });
}
