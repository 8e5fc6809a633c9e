import { passCrashPoint } from '../crash-point.ts';
import { GhostError } from '../ghost-error.ts';
import { isRedacted, type StoredPair } from '../journal/environments.ts';
import type { EventDraft } from '../journal/events.ts';
import { viewTask, type TaskView } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type { EnvironmentValue, RedactResult } from '../protocol/answers.ts';
import type { Handlers, RequestContext } from '../protocol/handlers.ts';
import { tagsMax } from '../protocol/limits.ts';
import type { ParametersOf } from '../protocol/messages.ts';
import { findTask } from './find-task.ts';
import type { HandlerContext } from './request-handlers.ts';
import { looksSecret } from './secret-shapes.ts';

/** What changes what is known of a task, and what shows its environment. */
export function createChangeHandlers(
  context: HandlerContext,
): Pick<Handlers, 'environment' | 'rename' | 'tag' | 'redact'> {
  const find = (reference: string): Task => findTask(context.store, reference);
  return {
    environment: ({ task, reveal }) => Promise.resolve(environmentOf(context, find(task), { reveal })),
    rename: (parameters, request) => rename(context, find(parameters.task), { ...parameters, ...request }),
    tag: (parameters, request) => changeTags(context, find(parameters.task), { ...parameters, ...request }),
    redact: (parameters, request) => redact(context, find(parameters.task), { ...parameters, ...request }),
  };
}

function environmentOf(
  { journal }: HandlerContext,
  task: Task,
  { reveal }: { readonly reveal: boolean },
): readonly EnvironmentValue[] {
  return storedEnvironment(journal, task).map(([name, value]) => {
    if (isRedacted(value)) return { name, value: null, shown: 'redacted' };
    if (!reveal && looksSecret(name, value)) return { name, value: null, shown: 'masked' };
    return { name, value, shown: 'plain' };
  });
}

function storedEnvironment(journal: HandlerContext['journal'], task: Task): readonly StoredPair[] {
  const environment = journal.environments.read(task.environmentHash);
  if (environment !== null) return environment;
  throw new GhostError('internal', `the environment of task ${task.id} is no longer in the store`, {
    hint: 'ghost audit --verify',
    task: task.id,
  });
}

type Asked<O extends 'rename' | 'tag' | 'redact'> = ParametersOf<O> & RequestContext;

async function rename(
  context: HandlerContext,
  { id, name: before }: Task,
  { requestId, name, actor }: Asked<'rename'>,
): Promise<TaskView> {
  const isDone = context.journal.findOnce(`TaskRenamed:${id}:${requestId}`) !== null;
  if (!isDone && name !== before) {
    await record(context, { type: 'TaskRenamed', task: id, actor, data: { requestId, name } });
  }
  return viewNow(context, id);
}

async function changeTags(
  context: HandlerContext,
  { id, tags }: Task,
  { requestId, add, remove, actor }: Asked<'tag'>,
): Promise<TaskView> {
  if (context.journal.findOnce(`TaskTagged:${id}:${requestId}`) !== null) return viewNow(context, id);
  const both = add.find((tag) => remove.includes(tag));
  if (both !== undefined) {
    throw new GhostError('invalid-request', `the tag ${both} is to be put on and taken off at once`, {
      hint: 'leave one of the two out',
      field: 'remove',
    });
  }
  const added = [...new Set(add)].filter((tag) => !tags.includes(tag));
  const removed = tags.filter((tag) => remove.includes(tag));
  const count = tags.length + added.length - removed.length;
  if (count > tagsMax) {
    throw new GhostError('invalid-request', `task ${id} would bear ${count} tags; a task bears at most ${tagsMax}`, {
      hint: `ghost show ${id}`,
      field: 'add',
      task: id,
    });
  }
  if (added.length + removed.length > 0) {
    await record(context, { type: 'TaskTagged', task: id, actor, data: { requestId, added, removed } });
  }
  return viewNow(context, id);
}

async function redact(
  { journal }: HandlerContext,
  { id, environmentHash }: Task,
  { requestId, name, actor }: Asked<'redact'>,
): Promise<RedactResult> {
  const done = journal.findOnce(`EnvironmentRedacted:${id}:${requestId}`);
  const redacted = await journal.environments.redact({
    hash: environmentHash,
    name,
    draft: (environments) => ({
      type: 'EnvironmentRedacted',
      task: id,
      actor,
      data: { requestId, name, environments },
    }),
  });
  if (redacted === null) {
    throw new GhostError('no-such-variable', `there is no ${name} in the environment of task ${id}`, {
      hint: `ghost show ${id} --env`,
      field: 'name',
      task: id,
    });
  }
  const environments = done?.type === 'EnvironmentRedacted' ? done.data.environments : redacted;
  return { name, environments: environments.length, tasks: await journal.environments.tasksWith(environments) };
}

/** Recorded before anything else can be, so that what it was decided on still holds. */
async function record({ journal }: HandlerContext, draft: EventDraft): Promise<void> {
  const appended = journal.append([draft], { durability: 'full' });
  journal.flush();
  await appended;
  passCrashPoint('change.recorded');
}

function viewNow({ table }: HandlerContext, id: Task['id']): TaskView {
  const task = table.get(id);
  if (task === undefined) throw new Error(`task ${id} has gone from the table`);
  return viewTask(task);
}
