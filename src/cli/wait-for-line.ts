import type { Client } from '../client/api.ts';
import { GhostError } from '../ghost-error.ts';
import type { TaskView } from '../projections/task-view.ts';
import { formatDuration } from '../words/duration.ts';
import { LineSearch, searchMsMax } from '../words/line-search.ts';
import { taskLine } from '../words/task-words.ts';
import { visible } from '../words/visible.ts';
import type { CommandContext } from './command.ts';
import { jsonPrinter, type LinePrinter } from './line-printer.ts';
import { missingNote } from './log-note.ts';
import { LogSearch } from './log-search.ts';
import { SearchedLog } from './log-writer.ts';
import type { Invocation } from './parse.ts';

/** However soon the waiting is to end, a pattern gets so long over a part of the log. */
export const patternMsMin = 100;

/** What `ghost wait ID --log REGEX` was asked. */
interface LineQuestion {
  readonly task: string;
  readonly pattern: string;
  readonly lines: LineSearch;
  readonly timeoutMs: number | null;
  readonly json: boolean;
}

/** @throws GhostError `usage` where it is not one task whose log is waited for, or the pattern is wrong. */
export function lineQuestion(
  { options, words }: Invocation,
  { timeoutMs }: Pick<LineQuestion, 'timeoutMs'>,
): LineQuestion {
  const [task] = words;
  const pattern = options.value('log') ?? '';
  if (task === undefined || words.length > 1 || options.has('any')) {
    throw new GhostError('usage', '--log waits for a line in the log of one task', {
      hint: 'ghost wait --log REGEX ID',
    });
  }
  // While a pattern is tried no timer can ring.
  const msMax = Math.max(patternMsMin, Math.min(timeoutMs ?? searchMsMax, searchMsMax));
  return { task, pattern, lines: new LineSearch(pattern, { msMax }), timeoutMs, json: options.has('json') };
}

/**
 * Until the log of a task has a line that matches; one that it has already counts as well. Prints nothing, in JSON the
 * line. Gives 0, or 1 where the task has ended without one. Where there was none, what is gone of the log is said: the
 * line may have been there.
 * @throws GhostError `wait-timeout`.
 */
export async function waitForLine(question: LineQuestion, context: CommandContext): Promise<number> {
  const { task, pattern, timeoutMs } = question;
  const client = await context.connect({ start: true });
  const { promise: late, reject } = Promise.withResolvers<never>();
  const callOff =
    timeoutMs === null
      ? undefined
      : context.after(timeoutMs, () => {
          const message = `the log of task ${task} has had no line like "${pattern}" within ${formatDuration(timeoutMs)}`;
          reject(new GhostError('wait-timeout', message, { hint: `ghost log -n 20 ${task}` }));
        });
  const gone: string[] = [];
  try {
    const ended = await Promise.race([late, firstLine(client, { question, context, gone })]);
    if (ended === null) return 0;
    await context.stderr.write(gone.join(''));
    const where = gone.length > 0 ? 'what is left of its log' : 'its log';
    await context.stderr.write(`task ${taskLine(ended)} without a line like "${visible(pattern)}" in ${where}\n`);
    return 1;
  } catch (error) {
    if (error instanceof GhostError && error.code === 'wait-timeout') await context.stderr.write(gone.join(''));
    throw error;
  } finally {
    callOff?.();
  }
}

/**
 * Reads on until a line matches, and tells it in JSON; gives the task where it has ended without one.
 * @param gone gets a note about each range that could not be read.
 */
async function firstLine(
  client: Client,
  { question, context, gone }: { readonly question: LineQuestion; readonly context: CommandContext; gone: string[] },
): Promise<TaskView | null> {
  const writer = new SearchedLog(onlyFirst(question.json ? jsonPrinter(context, { task: null }) : null), {
    search: new LogSearch(question.lines, { context: 0 }),
    last: null,
  });
  const chunks = client.log(question.task, { follow: true });
  for (let step = await chunks.next(); ; step = await chunks.next()) {
    if (step.done === true) {
      await writer.end();
      return writer.hasFound ? null : step.value.task;
    }
    const { missing, stream } = step.value;
    if (missing !== null) gone.push(missingNote(missing, { stream, task: null }));
    await writer.write(step.value);
    if (writer.hasFound) return null;
  }
}

/** One chunk may bring several lines that match. */
function onlyFirst(printer: LinePrinter | null): LinePrinter {
  let isTold = printer === null;
  return {
    lines: async ([line]) => {
      if (isTold || line === undefined) return;
      isTold = true;
      await printer?.lines([line]);
    },
    gap: () => Promise.resolve(),
    missing: () => Promise.resolve(),
  };
}
