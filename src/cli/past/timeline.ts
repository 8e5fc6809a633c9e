import type { Client } from '../../client/api.ts';
import { daemonGaps, type GapsFrom } from '../../client/daemon-gaps.ts';
import type { TaskView } from '../../projections/task-view.ts';
import { measureFor } from '../../words/display-width.ts';
import { askEach } from '../ask-each.ts';
import type { Command, CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';
import { resolveTimeRange, timeRangeOption } from '../time-option.ts';
import { laneTexts, renderLanes } from './lanes.ts';
import { type KnownTask, tasksOfLately, withEvents, withTimes } from './lately.ts';
import { renderSteps } from './step-lines.ts';
import { timelineOf, timelineTask, type Timeline, type TimelineTask } from './timeline-model.ts';
import { stepsOf } from './timeline-steps.ts';

/** The most tasks that are drawn; of more, the newest are. */
export const lanesMax = 1_000;
/** The columns of a drawing that goes into a pipe. */
const pipeColumns = 80;

/** `ghost timeline [ID...]`: one task as steps, several (or none: those of the last while) as lanes under one axis. */
export const timeline: Command = async (invocation, context) => {
  const { options, words } = invocation;
  const typed = timeRangeOption(options, { nowMs: context.now() });
  const client = await context.connect({ start: true });
  const range = await resolveTimeRange(typed, client);
  const hasSteps = options.has('json');
  const { tasks, status } = await tasksOf(words, { client, context, range, hasSteps });
  const nowMs = context.now();
  const isSingle = new Set(words).size === 1;
  const drawn = await draw(tasks, { client, nowMs, range, isSingle });
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
  /** Whether the steps of each are wanted; lanes need no more than when it began and ended. */
  readonly hasSteps: boolean;
}

async function tasksOf(
  words: readonly string[],
  { client, context, range, hasSteps }: Asking,
): Promise<{ readonly tasks: readonly KnownTask[]; readonly status: number }> {
  if (words.length > 0) {
    const { answers, status } = await askEach({ context, tasks: words }, async (word) => ({
      answer: await client.show(word),
      status: 0,
    }));
    return { tasks: byNumber(answers), status };
  }
  // One more than are drawn tells whether there are more.
  const found = await tasksOfLately(client, { ...range, most: lanesMax + 1 });
  const newest = found.slice(-lanesMax);
  if (found.length > newest.length) {
    await context.stderr.write(
      `ghost: only the newest ${lanesMax} tasks are drawn; name a shorter time for the others\n`,
    );
  }
  return { tasks: await (hasSteps ? withEvents : withTimes)(client, newest), status: 0 };
}

/** A task that was named twice is drawn once. */
function byNumber(tasks: readonly KnownTask[]): readonly KnownTask[] {
  const known = new Map(tasks.map((one) => [one.task.id, one]));
  return [...known.values()].toSorted((one, other) => one.task.id - other.task.id);
}

async function draw(
  known: readonly KnownTask[],
  {
    client,
    nowMs,
    range: { since, until },
    isSingle,
  }: { readonly client: Client; readonly nowMs: number; readonly range: Range; readonly isSingle: boolean },
): Promise<Timeline> {
  const fromMs = since?.getTime() ?? null;
  const untilMs = until?.getTime() ?? Number.POSITIVE_INFINITY;
  // Of what ended long ago, no daemon's start since then is of interest, and there may be thousands.
  const gapsUntilMs = Math.min(untilMs, Math.max(...known.map((one) => lastMsOf(one, { nowMs }))));
  const gaps = known.length === 0 ? [] : await daemonGaps(client, { ...gapsFrom(known, fromMs), untilMs: gapsUntilMs });
  const [only] = known;
  const firstOutputMs = isSingle && only !== undefined ? await firstOutput(client, only.task) : null;
  const tasks = known
    .map(({ task, events }) => timelineTask(task, stepsOf(events, { gaps, firstOutputMs })))
    .map((task) => (isSingle ? { ...task, steps: stepsWithin(task, { fromMs, untilMs }) } : task));
  return timelineOf(tasks, { fromMs, toMs: until?.getTime() ?? null, nowMs, gaps });
}

function stepsWithin(
  { steps }: TimelineTask,
  { fromMs, untilMs }: { readonly fromMs: number | null; readonly untilMs: number },
): TimelineTask['steps'] {
  return steps.filter(({ atMs }) => atMs >= (fromMs ?? atMs) && atMs < untilMs);
}

/** The first event of the first task where all of them are known, else when that began; or earlier, where that was typed. */
function gapsFrom(known: readonly KnownTask[], fromMs: number | null): GapsFrom {
  const beganMs = known.reduce((least, one) => Math.min(least, beganMsOf(one)), Infinity);
  if (fromMs !== null && fromMs < beganMs) return { sinceMs: fromMs };
  const seq = known.reduce((least, { events }) => Math.min(least, events[0]?.seq ?? 0), Infinity);
  return seq > 0 ? { afterSeq: seq } : { sinceMs: beganMs };
}

function beganMsOf({ task: { startedAt, endedAt }, events }: KnownTask): number {
  const time = startedAt ?? endedAt;
  return time === null ? (events[0]?.at ?? 0) / 1000 : Date.parse(time);
}

/** Up to when something is known of it. */
function lastMsOf({ task: { endedAt }, events }: KnownTask, { nowMs }: { readonly nowMs: number }): number {
  return endedAt === null ? nowMs : Math.max(Date.parse(endedAt), (events.at(-1)?.at ?? 0) / 1000);
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
