import type { TaskState } from '../../projections/task-view.ts';
import { quoteCommand } from '../../shell-quote.ts';
import { cutTo, type Measure } from '../../words/display-width.ts';
import { counted, exitWord } from '../../words/task-words.ts';
import { clockTime, dayOf, exactClockTime, tookText } from '../../words/time-text.ts';
import { visible } from '../../words/visible.ts';
import type { Style } from '../style.ts';
import { type Axis, cellOf, ticksOf } from './time-axis.ts';
import type { Timeline, TimelineTask } from './timeline-model.ts';

/** How a lane looks. The glyphs tell the states apart without any colour; each is one column wide. */
interface Glyphs {
  readonly fill: string;
  readonly end: string;
  readonly says: string;
}

const glyphs: { readonly [S in TaskState]: Glyphs } = {
  running: { fill: '━', end: '▶', says: 'runs' },
  exited: { fill: '─', end: '●', says: 'ended well' },
  failed: { fill: '═', end: '✗', says: 'failed' },
  killed: { fill: '╍', end: '◆', says: 'killed' },
  lost: { fill: '┄', end: '?', says: 'lost' },
};
const crashed = '╳';
/** What is drawn where the rest of a lane lies beyond the end. */
const goesOn = '▷';

/** A span that is shorter than this is told with its milliseconds. */
export const exactMsMax = 10_000;
/** The axis has at least so many columns, if the outcome has to go for that. */
export const axisCellsLeast = 24;
/** The most that names take of the width. */
const nameShare = 0.25;

interface LaneLooks {
  /** The columns to fit into. */
  readonly width: number;
  readonly style: Style;
  readonly measure: Measure;
  readonly nowMs: number;
}

/** The texts of a timeline that may hold wide characters, for `measureFor`. */
export function laneTexts({ tasks }: Timeline): readonly string[] {
  return tasks.map(({ view }) => nameOf(view));
}

/** Several tasks as lanes under one axis, one line each, and below them what the glyphs mean. */
export function renderLanes(timeline: Timeline, looks: LaneLooks): readonly string[] {
  const { style, width, measure } = looks;
  const { tasks } = timeline;
  const columns = fitColumns(timeline, looks);
  const axis = { ...timeline, cells: columns.cells };
  const indent = ' '.repeat(columns.left + 2);
  const { labels, line } = drawAxis(timeline, axis);
  return [
    style.dim(cutTo(headline(timeline), { columns: width, measure })),
    '',
    style.dim(`${indent}${labels}`.trimEnd()),
    style.dim(`${indent}${line}`.trimEnd()),
    ...tasks.map((task) => lane(task, { axis, columns, looks })),
    '',
    ...legend(timeline, looks),
  ];
}

interface Columns {
  readonly ids: number;
  /** Number and name. */
  readonly left: number;
  readonly cells: number;
  readonly outcome: number;
  readonly took: number;
}

function fitColumns({ tasks }: Timeline, { width, measure, nowMs }: LaneLooks): Columns {
  const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, measure(text)), 0);
  const ids = widest(tasks.map(({ view }) => String(view.id)));
  const names = Math.min(
    widest(tasks.map(({ view }) => nameOf(view))),
    Math.max(8, Math.floor(width * nameShare) - ids),
  );
  const left = ids + 2 + names;
  const took = widest(tasks.map((task) => tookOf(task, nowMs)));
  const outcome = widest(tasks.map(outcomeOf));
  const cells = width - left - took - outcome - 6;
  if (cells >= axisCellsLeast) return { ids, left, cells, outcome, took };
  return { ids, left, cells: Math.max(8, width - left - took - 4), outcome: 0, took };
}

interface LaneParts {
  readonly axis: Axis;
  readonly columns: Columns;
  readonly looks: LaneLooks;
}

function lane(task: TimelineTask, { axis, columns, looks: { style, measure, nowMs } }: LaneParts): string {
  const { view } = task;
  const id = String(view.id).padStart(columns.ids);
  const name = cutTo(nameOf(view), { columns: columns.left - columns.ids - 2, measure });
  const padding = ' '.repeat(Math.max(0, columns.left - columns.ids - 2 - measure(name)));
  const { before, bar, after } = drawBar(task, axis);
  const outcome = columns.outcome === 0 ? '' : `${outcomeOf(task).padEnd(columns.outcome)}  `;
  const took = tookOf(task, nowMs).padStart(columns.took);
  const painted = style.state(view.state, bar);
  return `${id}  ${name}${padding}  ${before}${painted}${after}  ${style.state(view.state, outcome)}${style.dim(took)}`.trimEnd();
}

function drawBar({ view, beganMs, endedMs }: TimelineTask, axis: Axis) {
  const { fill, end } = glyphs[view.state];
  const ends = endedMs ?? axis.toMs;
  if (ends < axis.fromMs || beganMs > axis.toMs) return { before: ' '.repeat(axis.cells), bar: '', after: '' };
  const first = cellOf(beganMs, axis);
  const last = Math.max(first, cellOf(ends, axis));
  const tip = ends > axis.toMs ? goesOn : end;
  return {
    before: ' '.repeat(first),
    bar: `${fill.repeat(last - first)}${tip}`,
    after: ' '.repeat(axis.cells - last - 1),
  };
}

/** The axis with its ticks. Where no daemon ran it has a gap, at least one column wide. */
function drawAxis({ gaps }: Timeline, axis: Axis): { readonly labels: string; readonly line: string } {
  const labels = Array.from({ length: axis.cells }, () => ' ');
  const line = Array.from({ length: axis.cells }, () => '─');
  for (const { cell, label } of ticksOf(axis)) {
    line[cell] = '┬';
    for (const [place, character] of [...label].entries()) labels[cell + place] = character;
  }
  for (const { fromMs, toMs, how } of gaps) {
    const first = cellOf(fromMs, axis);
    const last = cellOf(toMs, axis);
    for (let cell = first; cell <= last; cell += 1) line[cell] = ' ';
    if (how === 'crashed') line[first] = crashed;
  }
  return { labels: labels.join(''), line: line.join('') };
}

function headline({ fromMs, toMs, tasks }: Timeline): string {
  const exact = toMs - fromMs < exactMsMax;
  const clock = exact ? exactClockTime : clockTime;
  const to = dayOf(toMs) === dayOf(fromMs) ? clock(toMs) : `${dayOf(toMs)} ${clock(toMs)}`;
  const count = counted(tasks.length, { one: 'task', many: 'tasks' });
  return `${dayOf(fromMs)} ${clock(fromMs)} to ${to}, ${tookText(toMs - fromMs)}, ${count}`;
}

function legend({ tasks, gaps, toMs }: Timeline, { style, width }: LaneLooks): readonly string[] {
  const states = new Set(tasks.map(({ view }) => view.state));
  const entries = [
    ...(Object.keys(glyphs) as TaskState[])
      .filter((state) => states.has(state))
      .map((state) => `${glyphs[state].fill}${glyphs[state].end} ${glyphs[state].says}`),
    ...(tasks.some(({ endedMs }) => endedMs !== null && endedMs > toMs) ? [`${goesOn} goes on`] : []),
    ...(gaps.some(({ how }) => how === 'crashed') ? [`${crashed} the daemon crashed`] : []),
    ...(gaps.length > 0 ? ['─ ─ no daemon ran'] : []),
  ];
  const lines: string[] = [];
  for (const entry of entries) {
    const longer = lines.length === 0 ? entry : `${lines.at(-1)}   ${entry}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(entry);
  }
  return lines.map((text) => style.dim(text));
}

function nameOf({ name, command }: TimelineTask['view']): string {
  return name === null ? quoteCommand(command) : visible(name);
}

function outcomeOf({ view }: TimelineTask): string {
  const exit = exitWord(view);
  return exit === '-' || view.state === 'exited' ? view.state : `${view.state} ${exit}`;
}

function tookOf({ view, beganMs }: TimelineTask, nowMs: number): string {
  if (view.durationMs !== null) return tookText(view.durationMs);
  return view.state === 'running' ? tookText(nowMs - beganMs) : '-';
}
