import type { Client } from '../../client/api.ts';
import { GhostError } from '../../ghost-error.ts';
import type { TaskFilter } from '../../projections/task-filter.ts';
import type { TaskView } from '../../projections/task-view.ts';
import type { CommandStats } from '../../protocol/answers.ts';
import { quoteCommand } from '../../shell-quote.ts';
import { tookText } from '../../words/time-text.ts';
import type { Command, CommandContext } from '../command.ts';
import { countOption } from '../count-option.ts';
import { historyTerms, resolveFilter, withCount } from '../history-question.ts';
import { printJsonArray } from '../json-array.ts';
import { printJson } from '../json-text.ts';
import type { Invocation, ParsedOptions } from '../parse.ts';
import { renderTable } from '../table.ts';
import { plainCell, taskTable } from '../tasks-table.ts';

/** How many are shown where nothing is said. */
const shownByItself = 30;

/**
 * `ghost history [TEXT]`: the tasks that the words and options fit, the newest at the bottom as in `list`; in JSON one
 * array, the newest first, as they come.
 */
export const history: Command = async (invocation, context) => {
  const { options } = invocation;
  const limit = limitOf(options);
  const terms = await historyTerms(invocation, context);
  const client = await context.connect({ start: true });
  const filter = await resolveFilter(terms, { client, forgotten: options.has('hidden') });
  const question = { client, filter, limit, invocation };
  if (options.has('stats')) await showStats(question, context);
  else await showTasks(question, context);
  return 0;
};

interface Question {
  readonly client: Client;
  readonly filter: TaskFilter;
  /** Infinity: all. */
  readonly limit: number;
  readonly invocation: Invocation;
}

function limitOf(options: ParsedOptions): number {
  const count = countOption(options, { long: 'limit', of: 'tasks', hint: 'ghost history -n 100' });
  if (options.has('all')) {
    if (count === null) return Number.POSITIVE_INFINITY;
    throw new GhostError('usage', 'either --all or -n says how many', { hint: 'leave one of the two out' });
  }
  if (count === 0) throw new GhostError('usage', '-n is at least 1', { hint: 'ghost history -n 1, or --all' });
  return count ?? shownByItself;
}

async function showTasks({ client, filter, limit, invocation }: Question, context: CommandContext): Promise<void> {
  if (invocation.options.has('json')) {
    await printJsonArray(inBatches(client.history(filter, { limit })), context);
    return;
  }
  const tasks: TaskView[] = [];
  // One more than is shown tells whether there are more.
  for await (const task of client.history(filter, { limit: limit + 1 })) tasks.push(task);
  if (tasks.length === 0) return await tellNone(filter, context);
  const shown = tasks.slice(0, limit).toReversed();
  if (tasks.length > limit) await tellMore('… and older ones', { limit, invocation }, context);
  await context.stdout.write(await taskTable(shown, context));
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[], void, void> {
  for await (const item of items) yield [item];
}

async function showStats({ client, filter, limit, invocation }: Question, context: CommandContext): Promise<void> {
  const { commands, commandsTotal } = await client.historyStats(filter);
  const shown = commands.slice(0, limit);
  if (invocation.options.has('json')) return await printJson(shown, context);
  if (shown.length === 0) return await tellNone(filter, context);
  await context.stdout.write(await statsTable(shown, context));
  const more = commandsTotal - shown.length;
  if (more === 0) return;
  const says = `… ${more.toLocaleString('en')} more`;
  if (shown.length < commands.length) await tellMore(says, { limit, invocation }, context);
  else if (context.stderr.isTerminal) await context.stderr.write(`${context.stderrStyle.dim(says)}\n`);
}

async function tellNone({ terms }: TaskFilter, { stderr }: CommandContext): Promise<void> {
  await stderr.write(
    terms.length > 0
      ? 'no task fits; see: ghost history --help\n'
      : 'no tasks to show; start one with: ghost run COMMAND\n',
  );
}

/** For a person, who may want to paste it. */
async function tellMore(
  more: string,
  { limit, invocation }: Pick<Question, 'limit' | 'invocation'>,
  { stderr, stderrStyle }: CommandContext,
): Promise<void> {
  if (!stderr.isTerminal) return;
  await stderr.write(`${stderrStyle.dim(`${more}: ${withCount(invocation, limit * 10)}`)}\n`);
}

/** How often each command ran, how often that went wrong, how long it takes, and its newest run. */
async function statsTable(commands: readonly CommandStats[], { stdout, style }: CommandContext): Promise<string> {
  const never = { least: null, leaves: null };
  const took = (ms: number | null): string => (ms === null ? '-' : tookText(ms));
  return await renderTable({
    columns: [
      { title: 'RUNS', align: 'right', ...never },
      { title: 'FAILED', align: 'right', ...never },
      { title: 'MEDIAN', align: 'right', least: null, leaves: 2 },
      { title: 'P95', align: 'right', least: null, leaves: 1 },
      { title: 'LAST', align: 'right', least: null, leaves: 3 },
      { title: 'COMMAND', align: 'left', least: 16, leaves: null },
    ],
    rows: commands.map(({ command, runs, failures, medianMs, p95Ms, lastId }) => [
      plainCell(String(runs)),
      { text: String(failures), paint: (text) => (failures === 0 ? text : style.state('failed', text)) },
      plainCell(took(medianMs)),
      plainCell(took(p95Ms)),
      plainCell(String(lastId)),
      plainCell(quoteCommand(command)),
    ]),
    width: stdout.columns,
    paintTitle: (text) => style.dim(text),
  });
}
