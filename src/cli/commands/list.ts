import { GhostError } from '../../ghost-error.ts';
import { type TaskState, taskStates, type TaskView } from '../../projections/task-view.ts';
import { nearest } from '../../words/nearest.ts';
import { quoteCommand } from '../../words/shell-quote.ts';
import { exitWord } from '../../words/task-words.ts';
import { fullTime, shortTime, tookText } from '../../words/time-text.ts';
import { visible } from '../../words/visible.ts';
import type { Command, CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';
import { renderTable, type TableCell, type TableColumn } from '../table.ts';

/** `ghost list`: a table for people, one array in JSON. */
export const list: Command = async ({ options }, context) => {
  const states = options.values('state').map(parseState);
  const client = await context.connect({ start: true });
  const tasks = await client.list({ all: options.has('all'), ...(states.length > 0 ? { states } : {}) });
  if (options.has('json')) await printJson(tasks, context);
  else if (tasks.length > 0) await context.stdout.write(await taskTable(tasks, context));
  else await context.stderr.write(states.length > 0 ? `no task is ${states.join(' or ')}\n` : emptyHint);
  return 0;
};

const emptyHint = 'no tasks yet; start one with: ghost run COMMAND\n';

function parseState(text: string): TaskState {
  const state = taskStates.find((known) => known === text);
  if (state !== undefined) return state;
  const near = nearest(text, taskStates);
  throw new GhostError('usage', `there is no state "${visible(text)}"; there are ${taskStates.join(', ')}`, {
    hint: near === null ? 'ghost list --help' : `ghost list --state ${near}`,
  });
}

interface ListColumn extends TableColumn {
  readonly cell: (task: TaskView) => TableCell;
}

/** The table: all of it on a pipe, cut to the terminal else. The command gives way first, then the name. */
async function taskTable(tasks: readonly TaskView[], { stdout, style, now }: CommandContext): Promise<string> {
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
    { title: 'TOOK', align: 'right', least: null, leaves: 2, cell: (task) => plainCell(tookCell(task, nowMs)) },
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

function plainCell(text: string): TableCell {
  return { text, paint: (painted) => painted };
}

/** For a person how long ago counts; on a pipe, a form that does not change its shape from day to day. */
function startedText(startedAt: string | null, { nowMs, short }: { nowMs: number; short: boolean }): string {
  if (startedAt === null) return '-';
  const atMs = Date.parse(startedAt);
  return short ? shortTime({ atMs, nowMs }) : fullTime(atMs);
}

/** A running task's clock is still going: it counts up to now. */
function tookCell({ state, startedAt, durationMs }: TaskView, nowMs: number): string {
  if (durationMs !== null) return tookText(durationMs);
  return state === 'running' && startedAt !== null ? tookText(nowMs - Date.parse(startedAt)) : '-';
}
