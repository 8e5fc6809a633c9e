import type { TaskView } from '../projections/task-view.ts';
import type { EnvironmentValue, TaskDetail } from '../protocol/answers.ts';
import { quoteCommand } from '../shell-quote.ts';
import { byteText } from '../words/byte-text.ts';
import { formatDuration } from '../words/duration.ts';
import { actorWords, eventSentence } from '../words/event-sentence.ts';
import { counted } from '../words/task-words.ts';
import { clockTime, dayOf, fullTime, tookText, tookTextOf } from '../words/time-text.ts';
import { visible } from '../words/visible.ts';
import { type BlockRow, renderBlock, wrapWords } from './block.ts';
import { environmentLines } from './environment-lines.ts';
import type { Style } from './style.ts';

/** A narrower terminal wraps the words of an event by itself. */
export const eventColumnsMin = 20;

interface Looks {
  readonly width: number | null;
  readonly style: Style;
  /** The moment up to which what runs is counted. */
  readonly nowMs: number;
}

/** Everything about a task: what it is, when it was, where it ran, what it wrote, and all that happened to it. */
export async function renderDetail(
  detail: TaskDetail,
  { width, style, nowMs, environment = null }: Looks & { readonly environment?: readonly EnvironmentValue[] | null },
): Promise<string> {
  const { task } = detail;
  const title = `task ${task.id}${task.name === null ? '' : ` ${visible(task.name)}`}`;
  const sections = [
    whatRows(detail, { style, nowMs }),
    whenRows(detail, nowMs),
    whereRows(detail, { names: environment === null }),
    outputRows(detail),
  ];
  const block = await renderBlock({ sections, width, style });
  const values = environment === null ? '' : `${style.bold('environment')}\n${environmentLines(environment, style)}\n`;
  return `${style.bold(title)}\n\n${block}\n${values}${style.bold('events')}\n${await eventLines(detail, { style, width })}`;
}

/** The state in words: `running for 3m 05s`, `failed with 3`, `killed by SIGTERM`, `lost: the machine was rebooted`. */
export function stateWords(task: TaskView, nowMs: number): string {
  const { state, startedAt, exitCode, signal, reason } = task;
  const because = reason === null ? '' : `: ${visible(reason)}`;
  switch (state) {
    case 'running':
      return startedAt === null ? 'running: about to start' : `running for ${tookText(nowMs - Date.parse(startedAt))}`;
    case 'exited':
      return `exited with ${exitCode}`;
    case 'failed':
      return exitCode === null ? `failed to start${because}` : `failed with ${exitCode}`;
    case 'killed':
      return `killed by ${signal}`;
    case 'lost':
      return `lost${because}`;
  }
}

function whatRows({ task }: TaskDetail, { style, nowMs }: Omit<Looks, 'width'>): readonly BlockRow[] {
  return [
    ['state', style.state(task.state, stateWords(task, nowMs))],
    ['command', quoteCommand(task.command)],
    ['folder', visible(task.cwd)],
    ...when(task.tags.length > 0, ['tags', task.tags.map(visible)]),
    ['uuid', task.uuid],
  ];
}

function whenRows(detail: TaskDetail, nowMs: number): readonly BlockRow[] {
  const { task, submittedAt, submittedBy, processorTime, timeoutMs, restartOf, attempt, adoptions } = detail;
  const { startedAt, endedAt } = task;
  return [
    ['submitted', `${isoText(submittedAt)} by ${actorWords(submittedBy)}`],
    ...when(restartOf !== null, ['restart of', String(restartOf)]),
    ['started', isoText(startedAt)],
    ['ended', isoText(endedAt)],
    ['took', tookTextOf(task, { atMs: nowMs })],
    ...when(timeoutMs !== null, ['timeout', formatDuration(timeoutMs ?? 0)]),
    ...(processorTime === null
      ? []
      : [['processor', `${tookText(processorTime.userMs)} user, ${tookText(processorTime.systemMs)} system`] as const]),
    ...when(attempt > 1, ['attempt', String(attempt)]),
    ...when(adoptions > 0, ['adopted', counted(adoptions, { one: 'time', many: 'times' })]),
  ];
}

function whereRows(
  { task, shimPid, umask, environmentNames, descendantsAlive }: TaskDetail,
  { names: named }: { readonly names: boolean },
): readonly BlockRow[] {
  const names = environmentNames.toSorted().map(visible);
  return [
    ['pid', String(task.pid ?? '-')],
    ['shim pid', String(shimPid ?? '-')],
    ...when(task.state !== 'running' && descendantsAlive > 0, [
      'left behind',
      `${counted(descendantsAlive, { one: 'process', many: 'processes' })} alive in its group; ghost stop ${task.id} ends them`,
    ]),
    ['umask', umask.toString(8).padStart(4, '0')],
    ...when(named, [
      'environment',
      [`${counted(names.length, { one: 'name', many: 'names' })}${names.length > 0 ? ':' : ''}`, ...names],
    ]),
  ];
}

function outputRows({ log: { stdoutBytes, stderrBytes, complete } }: TaskDetail): readonly BlockRow[] {
  const soFar = complete ? '' : ' so far';
  return [
    ['stdout', `${byteText(stdoutBytes)}${soFar}`],
    ['stderr', `${byteText(stderrBytes)}${soFar}`],
  ];
}

function when(shown: boolean, row: BlockRow): readonly BlockRow[] {
  return shown ? [row] : [];
}

function isoText(at: string | null): string {
  return at === null ? '-' : fullTime(Date.parse(at));
}

/** Each event with its time of day, and how long after the first it was; its words are wrapped beside these. */
async function eventLines({ events }: TaskDetail, { style, width }: Omit<Looks, 'nowMs'>): Promise<string> {
  const firstMs = (events[0]?.at ?? 0) / 1000;
  const lines = events.map((event) => {
    const atMs = event.at / 1000;
    const clock = dayOf(atMs) === dayOf(firstMs) ? clockTime(atMs) : fullTime(atMs);
    return { clock, after: `+${tookText(atMs - firstMs)}`, says: eventSentence(event) };
  });
  const clockWidth = Math.max(0, ...lines.map(({ clock }) => clock.length));
  const afterWidth = Math.max(0, ...lines.map(({ after }) => after.length));
  const indent = clockWidth + afterWidth + 4;
  const room = width === null ? null : Math.max(eventColumnsMin, width - indent);
  let text = '';
  for (const { clock, after, says } of lines) {
    const [first = '', ...more] = await wrapWords(says.split(' '), room);
    text += `${style.dim(`${clock.padStart(clockWidth)}  ${after.padStart(afterWidth)}`)}  ${first}\n`;
    for (const line of more) text += `${' '.repeat(indent)}${line}\n`;
  }
  return text;
}
