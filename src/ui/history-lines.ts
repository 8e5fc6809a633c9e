import type { TaskView } from '../projections/task-view.ts';
import { quoteCommand } from '../shell-quote.ts';
import { exitWord } from '../words/task-words.ts';
import { fullTime } from '../words/time-text.ts';
import { visible } from '../words/visible.ts';
import { cut, fit } from './cells.ts';
import { type FramedLine, framedLine } from './framed.tsx';
import type { HistoryPage } from './screen-state.ts';
import type { Theme } from './theme.ts';

/** From so many columns on a line of the history has room for how the task ended, and for when it started. */
export const wideColumns = 74;

/** The title of the history's frame: the place of the selected task, and what is asked for. */
export function historyTitle({ filter, tasks, complete, busy, selected }: HistoryPage): string {
  const found = filter.text === '' ? '' : ` · ${visible(filter.text)}`;
  const count = complete ? String(tasks.length) : `${tasks.length}+`;
  const where = tasks.length === 0 ? '' : ` ${selected + 1}/${count}`;
  return `History${where}${found}${busy ? ' …' : ''}`;
}

/** The tasks of the history that are seen, a line each, under the titles of their columns. */
export function historyLines(
  { tasks, selected, top, problem, busy }: HistoryPage,
  { inner, height, theme }: { readonly inner: number; readonly height: number; readonly theme: Theme },
): readonly FramedLine[] {
  if (problem !== null) return [framedLine('problem', problem, { columns: inner, paint: theme.bad })];
  if (tasks.length === 0 && !busy) {
    return [framedLine('none', 'no task fits', { columns: inner, paint: theme.faint })];
  }
  const titles = framedLine('titles', lineOf(titleCells, inner), { columns: inner, paint: theme.strong });
  const rows = tasks.slice(top, top + height - 1).map((task, row) => {
    const isSelected = top + row === selected;
    const text = lineOf({ ...cellsOf(task), sign: isSelected ? '›' : ' ' }, inner);
    const paint = isSelected ? theme.selected : (line: string) => theme.state(task.state, line);
    return framedLine(`${task.id}`, text, { columns: inner, paint });
  });
  return [titles, ...rows];
}

interface HistoryCells {
  readonly sign: string;
  readonly id: string;
  readonly state: string;
  readonly exit: string;
  readonly started: string;
  readonly command: string;
}

const titleCells: HistoryCells = {
  sign: ' ',
  id: 'ID',
  state: 'State',
  exit: 'Exit',
  started: 'Started',
  command: 'Command',
};

function cellsOf(task: TaskView): Omit<HistoryCells, 'sign'> {
  return {
    id: String(task.id),
    state: task.state,
    exit: exitWord(task),
    started: task.startedAt === null ? '-' : fullTime(Date.parse(task.startedAt)),
    command: quoteCommand(task.command),
  };
}

function lineOf({ sign, id, state, exit, started, command }: HistoryCells, columns: number): string {
  const ended = columns < wideColumns ? '' : `${fit(exit, 8)}  ${fit(started, 19)}  `;
  return cut(`${sign}${fit(id, 6, { align: 'right' })}  ${fit(state, 7)}  ${ended}${command}`, columns);
}
