import type { Client, LogOptions } from '../../client/api.ts';
import type { TaskView } from '../../projections/task-view.ts';
import type { LogChunk, LogEnd } from '../../protocol/answers.ts';
import { counted } from '../../words/task-words.ts';
import { clockTime, dayOf } from '../../words/time-text.ts';
import { visible } from '../../words/visible.ts';
import { askEach, firstFailure } from '../ask-each.ts';
import type { Command, CommandContext } from '../command.ts';
import { jsonPrinter, type LinePrinter, textOfBytes, textPrinter } from '../line-printer.ts';
import type { LogLine } from '../log-search.ts';
import { SearchedLog } from '../log-writer.ts';
import { opened } from '../opened-ahead.ts';
import { reportError } from '../report-error.ts';
import { beginSearch, searchQuestion, type SearchQuestion } from '../search-options.ts';
import { resolveTimeRange, timeRangeOption } from '../time-option.ts';

/** So many logs are open at once: the one that is read, and those that follow it. */
export const openMax = 4;

/**
 * `ghost grep REGEX [ID...]`: the lines that match, in the logs of the tasks named or of all, the newest task last. Ends
 * as grep does: with 0 where a line matched, with 1 where none did; with more where something failed.
 */
export const grep: Command = async (invocation, context) => {
  const { options, words } = invocation;
  const [pattern = '', ...ids] = words;
  const question = searchQuestion(pattern, invocation);
  const range = timeRangeOption(options, { nowMs: context.now() });
  const client = await context.connect({ start: true });
  const request = await resolveTimeRange(range, client);
  const tags = options.values('tag');
  const { tasks, status } = await tasksNamed(ids, { client, context });
  const wanted = tasks.filter((task) => tags.length === 0 || tags.some((tag) => task.tags.includes(tag)));
  const search = new Search({ client, context, question, json: options.has('json'), listOnly: options.has('list') });
  const searched = await search.all(wanted, request);
  return firstFailure([status, searched.status, searched.hasFound || context.stdout.closed ? 0 : 1]);
};

interface Asking {
  readonly client: Client;
  readonly context: CommandContext;
}

/** The tasks by their numbers, ascending: whichever way they were named, the newest is the last. */
async function tasksNamed(ids: readonly string[], { client, context }: Asking) {
  if (ids.length === 0) return { tasks: await client.list({ all: true }), status: 0 };
  const { answers, status } = await askEach({ context, tasks: ids }, async (id) => ({
    answer: (await client.show(id)).task,
    status: 0,
  }));
  const byNumber = new Map(answers.map((task) => [task.id, task]));
  return { tasks: [...byNumber.values()].toSorted((one, other) => one.id - other.id), status };
}

interface SearchOptions extends Asking {
  readonly question: SearchQuestion;
  readonly json: boolean;
  /** Only the numbers of the tasks in which something is found. */
  readonly listOnly: boolean;
}

class Search {
  readonly #options: SearchOptions;
  readonly #incomplete = new Set<number>();
  #hasFound = false;
  #status = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** Searches one task after the other, while the next ones are already being read. */
  async all(tasks: readonly TaskView[], request: LogOptions) {
    const { client, context } = this.#options;
    const logs = opened(tasks, { most: openMax, open: ({ id }) => client.log(String(id), request) });
    for await (const { from: task, items } of logs) {
      try {
        await this.#one(task, items);
      } catch (error) {
        this.#status = firstFailure([this.#status, await reportError(error, context)]);
      }
      if (context.stdout.closed) break;
    }
    await this.#tellIncomplete();
    return { hasFound: this.#hasFound, status: this.#status };
  }

  async #one({ id }: TaskView, chunks: AsyncIterable<LogChunk, LogEnd>): Promise<void> {
    const { context, question, json, listOnly } = this.#options;
    const printer = this.#printer(id);
    const writer = new SearchedLog(listOnly ? silent : printer, { search: beginSearch(question), last: null });
    for await (const chunk of chunks) {
      if (chunk.missing !== null) this.#incomplete.add(id);
      await writer.write(chunk);
      if (context.stdout.closed || (listOnly && writer.hasFound)) break;
    }
    await writer.end();
    this.#hasFound ||= writer.hasFound;
    if (listOnly && writer.hasFound) {
      await context.stdout.write(json ? `${JSON.stringify({ task: id })}\n` : `${id}\n`);
    }
  }

  /** Every line on stdout, with what tells where it is from. Groups of two tasks are told apart as well. */
  #printer(task: number): LinePrinter {
    const { context, question, json } = this.#options;
    if (json) return jsonPrinter(context, { task });
    const { stdout, style } = context;
    const today = dayOf(context.now());
    const text = textPrinter(context, {
      outputOf: () => stdout,
      head: ({ at, stream }) => style.dim(`${task} ${stream} ${timeWord(at, { today })} `),
      // A pipe gets the bytes; on a terminal they could move the cursor.
      body: ({ bytes }) => (stdout.isTerminal ? visible(textOfBytes(bytes)) : bytes),
      task: String(task),
    });
    let owesGap = this.#hasFound && question.context > 0;
    return {
      ...text,
      lines: async (lines) => {
        if (owesGap && lines.length > 0) {
          owesGap = false;
          await text.gap();
        }
        await text.lines(lines);
      },
      // Told for all tasks at the end, not amidst the lines that were found.
      missing: () => Promise.resolve(),
    };
  }

  async #tellIncomplete(): Promise<void> {
    const { context, json } = this.#options;
    const tasks = [...this.#incomplete];
    if (tasks.length === 0 || json) return;
    const which = counted(tasks.length, { one: 'task', many: 'tasks' });
    await context.stderr.write(`ghost: some output of ${which} is gone and was not searched: ${tasks.join(' ')}\n`);
  }
}

const silent: LinePrinter = {
  lines: () => Promise.resolve(),
  gap: () => Promise.resolve(),
  missing: () => Promise.resolve(),
};

/** `14:03:22`, with the date where it was not today; dashes where the time is not known. */
function timeWord(at: LogLine['at'], { today }: { readonly today: string }): string {
  if (at === null) return '--:--:--';
  const atMs = Date.parse(at);
  const day = dayOf(atMs);
  return day === today ? clockTime(atMs) : `${day} ${clockTime(atMs)}`;
}
