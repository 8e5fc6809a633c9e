import type { TaskView } from '../projections/task-view.ts';
import { quoteCommand } from '../shell-quote.ts';
import { exitWord } from '../words/task-words.ts';
import { dayOf, shortTime, tookTextOf } from '../words/time-text.ts';
import { visible } from '../words/visible.ts';
import { widthOf } from './cells.ts';

/** A column of the task table. */
export interface TaskColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly columns: number;
  readonly text: (task: TaskView) => string;
}

/** What the rows are shown with. */
interface RowMarks {
  readonly nowMs: number;
  readonly selected: number | null;
  readonly marked: ReadonlySet<number>;
  readonly awaited: ReadonlySet<number>;
}

/** The command is never narrower, and no name is wider. */
export const commandMin = 12;
export const nameMax = 20;
/** Of so many tasks, the newest, the names are measured: very long ones among older ones are cut. */
export const namesMeasured = 500;
/** What one column takes besides its text: a space on both sides and a line. */
const around = 3;

/**
 * The columns that fit, with their widths: the number, the state and the command always; the rest as there is room, in
 * the order in which it is missed. They depend on all tasks and not on those that are seen, so that they stand still
 * while the table scrolls.
 */
export function taskColumns(
  tasks: readonly TaskView[],
  { columns, marks }: { readonly columns: number; readonly marks: RowMarks },
): readonly TaskColumn[] {
  const { nowMs } = marks;
  const numbers = Math.max(2, String(tasks[0]?.id ?? 1).length, String(tasks.at(-1)?.id ?? 1).length);
  const named = tasks.some(({ name }) => name !== null);
  const names = named ? Math.min(nameMax, Math.max(4, ...tasks.slice(0, namesMeasured).map(nameWidth))) : 0;
  const id = column('ID', numbers + 2, ({ id }) => `${signOf(id, marks)}${String(id).padStart(numbers)}`);
  const state = column('State', 7, (task) => task.state);
  const exit = column('Exit', 7, (task) => exitWord(task).replace(/^SIG/, ''));
  // `14:03:22` today, and `2026-11-20 14:30` as soon as the oldest is of another day.
  const oldest = tasks.findLast(({ startedAt }) => startedAt !== null)?.startedAt ?? null;
  const isToday = oldest === null || dayOf(Date.parse(oldest)) === dayOf(nowMs);
  const started = column('Started', isToday ? 8 : 16, ({ startedAt }) =>
    startedAt === null ? '-' : shortTime({ atMs: Date.parse(startedAt), nowMs }),
  );
  const took: TaskColumn = { ...column('Took', 7, (task) => tookTextOf(task, { atMs: nowMs })), align: 'right' };
  const name = column('Name', names, (task) => (task.name === null ? '-' : visible(task.name)));
  let left = columns - 1 - (id.columns + around) - (state.columns + around) - (commandMin + around);
  const taken = [...(named ? [name] : []), took, started, exit].filter((optional) => {
    if (left < optional.columns + around) return false;
    left -= optional.columns + around;
    return true;
  });
  const has = (one: TaskColumn): readonly TaskColumn[] => (taken.includes(one) ? [one] : []);
  const command = column('Command', Math.max(1, commandMin + left), (task) => quoteCommand(task.command));
  return [id, ...has(name), state, ...has(exit), command, ...has(started), ...has(took)];
}

/** A sign before the number: selected, marked for something, or waited for. */
function signOf(id: number, { selected, marked, awaited }: RowMarks): string {
  const first = marked.has(id) ? '*' : id === selected ? '›' : ' ';
  return `${first}${awaited.has(id) ? '♪' : ' '}`;
}

function nameWidth({ name }: TaskView): number {
  return name === null ? 1 : widthOf(visible(name));
}

function column(title: string, columns: number, text: (task: TaskView) => string): TaskColumn {
  return { title, align: 'left', columns, text };
}
