import type { Client, LogOptions } from '../../client/api.ts';
import type { LogChunk, LogEnd } from '../../protocol/answers.ts';
import { lineTimes } from '../../words/line-time.ts';
import { askEach, firstFailure } from '../ask-each.ts';
import type { Command, CommandContext } from '../command.ts';
import { jsonPrinter, type LinePrinter, textPrinter } from '../line-printer.ts';
import { heldOpenNote } from '../log-note.ts';
import { logQuestion, type LogQuestion } from '../log-question.ts';
import { LastHits } from '../log-search.ts';
import { lineLog, type LogWriter, rawLog, SearchedLog } from '../log-writer.ts';
import type { ParsedOptions } from '../parse.ts';
import { reportError } from '../report-error.ts';
import { beginSearch } from '../search-options.ts';
import { resolveTimeRange } from '../time-option.ts';

/**
 * `ghost log ID...`: the bytes of one task; of several, their lines with the task's number before each. Several are
 * followed side by side, and else printed one after the other. A reader that has gone ends it with 0, as nobody is left
 * who could want the rest. With `--grep` it ends with 1 where no line matched, as grep does.
 */
export const log: Command = async (invocation, context) => {
  const { options, words } = invocation;
  const { request, range, search } = logQuestion(invocation, { nowMs: context.now() });
  const client = await context.connect({ start: true });
  const asked = { ...request, ...(await resolveTimeRange(range, client)) };
  const named = await numbersOf([...new Set(words)], { client, context });
  const tasks = [...new Set(named.answers)];
  const width = words.length > 1 ? Math.max(...tasks.map((task) => task.length)) : null;
  const copy = async (task: string): Promise<Copied> => {
    try {
      const printer = await printerFor(task, { client, context, options, width });
      const copying = { client, context, request: asked };
      if (search !== null) return await copyHits(task, { ...copying, search, printer: printer ?? plainLines(context) });
      await copyLog(task, { ...copying, writer: printer === null ? rawLog(context) : lineLog(printer) });
      return { status: 0, hasFound: true };
    } catch (error) {
      return { status: await reportError(error, context), hasFound: false };
    }
  };
  const copied = request.follow ? await Promise.all(tasks.map(copy)) : await inTurn(tasks, copy);
  const status = firstFailure([named.status, ...copied.map((one) => one.status)]);
  const isEmptyHanded = search !== null && !copied.some(({ hasFound }) => hasFound) && !context.stdout.closed;
  return status === 0 && isEmptyHanded ? 1 : status;
};

interface Copied {
  readonly status: number;
  readonly hasFound: boolean;
}

interface Asking {
  readonly client: Client;
  readonly context: CommandContext;
}

/** One task is asked for as it was named. The lines of several bear numbers, so that names are looked up first. */
async function numbersOf(words: readonly string[], { client, context }: Asking) {
  if (words.length < 2) return { answers: words, status: 0 };
  return await askEach({ context, tasks: words }, async (word) => ({
    answer: /^\d+$/.test(word) ? word : String((await client.show(word)).task.id),
    status: 0,
  }));
}

interface Printing extends Asking {
  readonly options: ParsedOptions;
  /** The columns of a task's number, or null where there is one task only. */
  readonly width: number | null;
}

/** How each line of a task is printed, or null where nothing makes lines of its bytes. */
async function printerFor(task: string, { client, context, options, width }: Printing): Promise<LinePrinter | null> {
  if (options.has('json')) return jsonPrinter(context, { task: width === null ? null : Number(task) });
  if (width === null && !options.has('timestamps')) return null;
  const number = width === null ? '' : `${task.padStart(width)} | `;
  const timeOf = options.has('timestamps')
    ? lineTimes((await client.show(task)).task, { nowMs: context.now() })
    : () => '';
  const { stdout, stderr, style, stderrStyle } = context;
  return textPrinter(context, {
    outputOf: ({ stream }) => (stream === 'stdout' ? stdout : stderr),
    head: ({ stream, at }) => (stream === 'stdout' ? style : stderrStyle).dim(`${number}${timeOf(at)}`),
    body: ({ bytes }) => bytes,
    task: width === null ? null : task,
  });
}

function plainLines(context: CommandContext): LinePrinter {
  return textPrinter(context, {
    outputOf: ({ stream }) => context[stream],
    head: () => '',
    body: ({ bytes }) => bytes,
    task: null,
  });
}

interface Copying extends Asking {
  readonly request: LogOptions;
}

interface Searching extends Copying {
  readonly search: NonNullable<LogQuestion['search']>;
  readonly printer: LinePrinter;
}

async function copyHits(task: string, { search, printer, ...copying }: Searching): Promise<Copied> {
  const { last, context } = search;
  const writer = new SearchedLog(printer, {
    search: beginSearch(search),
    last: last === null ? null : new LastHits({ most: last, context }),
  });
  if (last === null || copying.request.follow !== true) {
    await copyLog(task, { ...copying, writer });
  } else {
    // Which hits are the last is known at the end of what there is; from there on it is followed.
    const end = await copyChunks(copying.client.log(task, { ...copying.request, follow: false }), {
      ...copying,
      writer,
    });
    if (end === null) return { status: 0, hasFound: true };
    await writer.showLast();
    // By its number: a name or `@last` may mean another one by now.
    const followed = { ...copying.request, cursor: end.cursor };
    await copyLog(String(end.task.id), { ...copying, request: followed, writer });
  }
  return { status: 0, hasFound: writer.hasFound };
}

async function copyLog(task: string, copying: Copying & { readonly writer: LogWriter }): Promise<void> {
  const { client, context, request, writer } = copying;
  const end = await copyChunks(client.log(task, request), copying);
  if (end === null) return;
  await writer.end();
  if (end.reason === 'ended' && request.follow === true) await context.stderr.write(heldOpenNote(end.task));
}

/** Copies all of it, and gives its end; null where the reader has gone. */
async function copyChunks(
  chunks: AsyncGenerator<LogChunk, LogEnd, void>,
  { context, writer }: { readonly context: CommandContext; readonly writer: LogWriter },
): Promise<LogEnd | null> {
  for (let step = await chunks.next(); ; step = await chunks.next()) {
    if (step.done === true) return step.value;
    await writer.write(step.value);
    if (context.stdout.closed || (context.stderr.closed && step.value.stream === 'stderr')) return null;
  }
}

async function inTurn(tasks: readonly string[], copy: (task: string) => Promise<Copied>): Promise<readonly Copied[]> {
  const copied: Copied[] = [];
  for (const task of tasks) copied.push(await copy(task));
  return copied;
}
