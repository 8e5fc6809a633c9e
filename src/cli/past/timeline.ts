import type { Client } from '../../client/api.ts';
import type { TaskView } from '../../projections/task-view.ts';
import type { TaskDetail } from '../../protocol/answers.ts';
import { measureFor } from '../../words/display-width.ts';
import { counted } from '../../words/task-words.ts';
import { askEach } from '../ask-each.ts';
import type { Command, CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';
import { resolveTimeRange, timeRangeOption } from '../time-option.ts';
import { daemonGaps } from './daemon-gaps.ts';
import { laneTexts, renderLanes } from './lanes.ts';
import { renderSteps } from './step-lines.ts';
import { timelineOf, timelineTask, type Timeline, type TimelineTask } from './timeline-model.ts';
import { stepsOf } from './timeline-steps.ts';

/** The most tasks that are drawn; of more, the newest are. */
export const lanesMax = 1_000;
/** The columns of a drawing that goes into a pipe. */
const pipeColumns = 80;
/** So many tasks are asked for at once. */
const askedAtOnce = 32;

/** `ghost timeline [ID...]`: one task as steps, several (or none: those of the last while) as lanes under one axis. */
export const timeline: Command = async (invocation, context) => {
  const { options, words } = invocation;
  const typed = timeRangeOption(options, { nowMs: context.now() });
  const client = await context.connect({ start: true });
  const range = await resolveTimeRange(typed, client);
  const { details, status } = await detailsOf(words, { client, context, range });
  const nowMs = context.now();
  const isSingle = words.length === 1;
  const drawn = await draw(details, { client, nowMs, range, isSingle });
  if (options.has('json')) await printJson(timelineJson(drawn), context);
  else if (drawn.tasks.length > 0) await print(drawn, { context, nowMs, isSingle });
  else if (status === 0) await context.stderr.write(noTasks(range));
  return status;
};

interface Range {
  readonly since?: Date;
  readonly until?: Date;
}

interface Asking {
  readonly client: Client;
  readonly context: CommandContext;
  readonly range: Range;
}

async function detailsOf(words: readonly string[], { client, context, range }: Asking) {
  if (words.length > 0) {
    const { answers, status } = await askEach({ context, tasks: words }, async (word) => ({
      answer: await client.show(word),
      status: 0,
    }));
    return { details: byNumber(answers), status };
  }
  const found = await idsOfLately(client, range);
  const ids = found.slice(-lanesMax);
  if (found.length > ids.length) {
    const which = counted(found.length, { one: 'task', many: 'tasks' });
    await context.stderr.write(`ghost: of ${which} only the newest ${lanesMax} are drawn; name a shorter time\n`);
  }
  const details: TaskDetail[] = [];
  for (let from = 0; from < ids.length; from += askedAtOnce) {
    const some = ids.slice(from, from + askedAtOnce);
    details.push(...(await Promise.all(some.map((id) => client.show(String(id))))));
  }
  return { details, status: 0 };
}

/** A task that was named twice is drawn once. */
function byNumber(details: readonly TaskDetail[]): readonly TaskDetail[] {
  const known = new Map(details.map((detail) => [detail.task.id, detail]));
  return [...known.values()].toSorted((one, other) => one.task.id - other.task.id);
}

/** The numbers of the tasks that run and ended last; of a time that was typed, those that ran in it. Ascending. */
async function idsOfLately(client: Client, { since, until }: Range): Promise<readonly number[]> {
  if (since === undefined && until === undefined) return (await client.list()).map(({ id }) => id);
  const ids = new Set<number>();
  const terms = [
    ...(since === undefined ? [] : [{ not: false, field: 'since', time: since.toISOString() } as const]),
    ...(until === undefined ? [] : [{ not: false, field: 'until', time: until.toISOString() } as const]),
  ];
  // One more than are drawn tells whether there are more.
  for await (const { id } of client.history({ terms }, { limit: lanesMax + 1 })) ids.add(id);
  if (since !== undefined) {
    // Submitted before, and running still.
    const at = { kind: 'time', time: since.toISOString() } as const;
    const running: readonly TaskView[] = await client.list({ states: ['running'], all: true, at });
    for (const { id } of running) ids.add(id);
  }
  return [...ids].toSorted((one, other) => one - other);
}

async function draw(
  details: readonly TaskDetail[],
  {
    client,
    nowMs,
    range: { since, until },
    isSingle,
  }: { readonly client: Client; readonly nowMs: number; readonly range: Range; readonly isSingle: boolean },
): Promise<Timeline> {
  const submitted = details.map(({ submittedAt }) => Date.parse(submittedAt));
  const sinceMs = Math.min(nowMs, ...submitted);
  const gaps = details.length === 0 ? [] : await daemonGaps(client, { sinceMs, untilMs: nowMs });
  const [only] = details;
  const firstOutputMs = isSingle && only !== undefined ? await firstOutput(client, only.task) : null;
  const tasks = details.map(({ task, events }) => timelineTask(task, stepsOf(events, { gaps, firstOutputMs })));
  const fromMs = since?.getTime() ?? null;
  return timelineOf(tasks, { fromMs, toMs: until?.getTime() ?? null, nowMs, gaps });
}

/** When the first of what is left of its output was seen; null where that is not known, or the very first is gone. */
async function firstOutput(client: Client, { id }: TaskView): Promise<number | null> {
  for await (const { at, missing } of client.log(String(id))) {
    return at === null || missing !== null ? null : Date.parse(at);
  }
  return null;
}

interface Printing {
  readonly context: CommandContext;
  readonly nowMs: number;
  readonly isSingle: boolean;
}

async function print(drawn: Timeline, { context, nowMs, isSingle }: Printing): Promise<void> {
  const { stdout, style } = context;
  const [task] = drawn.tasks;
  const lines =
    isSingle && task !== undefined
      ? await renderSteps(task, { width: stdout.columns, style, nowMs })
      : renderLanes(drawn, {
          width: stdout.columns ?? pipeColumns,
          style,
          measure: await measureFor(laneTexts(drawn)),
          nowMs,
        });
  await stdout.write(`${lines.join('\n')}\n`);
}

function noTasks({ since, until }: Range): string {
  return since === undefined && until === undefined
    ? 'no tasks yet; start one with: ghost run COMMAND\n'
    : 'no task ran in that time\n';
}

/** `{ from, to, daemonGaps, tasks }`, times in ISO 8601. */
function timelineJson({ fromMs, toMs, gaps, tasks }: Timeline): object {
  return {
    from: iso(fromMs),
    to: iso(toMs),
    daemonGaps: gaps.map((gap) => ({ from: iso(gap.fromMs), to: iso(gap.toMs), how: gap.how })),
    tasks: tasks.map(taskJson),
  };
}

function taskJson({ view, beganMs, steps }: TimelineTask): object {
  return {
    ...view,
    steps: steps.map(({ atMs, seq, kind, text }) => ({
      at: iso(atMs),
      seq,
      kind,
      text,
      sinceStartMs: Math.round(atMs - beganMs),
    })),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
