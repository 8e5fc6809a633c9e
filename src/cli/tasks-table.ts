import type { TaskView } from '../projections/task-view.ts';
import { quoteCommand } from '../shell-quote.ts';
import { exitWord } from '../words/task-words.ts';
import { fullTime, shortTime, tookTextOf } from '../words/time-text.ts';
import { visible } from '../words/visible.ts';
import type { CommandContext } from './command.ts';
import { renderTable, type TableCell, type TableColumn } from './table.ts';

interface ListColumn extends TableColumn {
  readonly cell: (task: TaskView) => TableCell;
}

/**
 * The table of tasks: all of it on a pipe, cut to the terminal else. The command gives way first, then the name.
 * @param options.atMs the moment up to which what runs is counted, in milliseconds since 1970; left out: now.
 */
export async function taskTable(
  tasks: readonly TaskView[],
  { stdout, style, now }: CommandContext,
  { atMs = now() }: { readonly atMs?: number } = {},
): Promise<string> {
  const nowMs = now();
  const never = { least: null, leaves: null };
  const columns: readonly ListColumn[] = [
    { title: 'ID', align: 'right', ...never, cell: ({ id }) => plainCell(String(id)) },
    ...(tasks.some(({ name }) => name !== null) ? [nameColumn] : []),
    {
      title: 'STATE',
      align: 'left',
      ...never,
      cell: ({ state }) => ({ text: state, paint: (text) => style.state(state, text) }),
    },
    { title: 'EXIT', align: 'left', ...never, cell: (task) => plainCell(exitWord(task)) },
    {
      title: 'STARTED',
      align: 'left',
      least: null,
      leaves: 1,
      cell: ({ startedAt }) => plainCell(startedText(startedAt, { nowMs, short: stdout.isTerminal })),
    },
    { title: 'TOOK', align: 'right', least: null, leaves: 2, cell: (task) => plainCell(tookTextOf(task, { atMs })) },
    {
      title: 'COMMAND',
      align: 'left',
      least: 16,
      leaves: null,
      cell: ({ command }) => plainCell(quoteCommand(command)),
    },
  ];
  return await renderTable({
    columns,
    rows: tasks.map((task) => columns.map(({ cell }) => cell(task))),
    width: stdout.columns,
    paintTitle: (text) => style.dim(text),
  });
}

const nameColumn: ListColumn = {
  title: 'NAME',
  align: 'left',
  least: 8,
  leaves: null,
  cell: ({ name }) => plainCell(name === null ? '-' : visible(name)),
};

export function plainCell(text: string): TableCell {
  return { text, paint: (painted) => painted };
}

/** For a person how long ago counts; on a pipe, a form that does not change its shape from day to day. */
function startedText(startedAt: string | null, { nowMs, short }: { nowMs: number; short: boolean }): string {
  if (startedAt === null) return '-';
  const atMs = Date.parse(startedAt);
  return short ? shortTime({ atMs, nowMs }) : fullTime(atMs);
}
