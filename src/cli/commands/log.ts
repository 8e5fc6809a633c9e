import type { Client, LogOptions } from '../../client/api.ts';
import { GhostError } from '../../ghost-error.ts';
import { askEach, firstFailure } from '../ask-each.ts';
import type { Command, CommandContext } from '../command.ts';
import { heldOpenNote } from '../log-note.ts';
import { jsonLog, type LogWriter, prefixedLog, rawLog } from '../log-writer.ts';
import type { ParsedOptions } from '../parse.ts';
import { reportError } from '../report-error.ts';
import { visible } from '../visible.ts';

/**
 * `ghost log ID...`: the bytes of one task; of several, their lines with the task's number before each. Several are
 * followed side by side, and else printed one after the other. A reader that has gone ends it with 0, as nobody is left
 * who could want the rest.
 */
export const log: Command = async ({ options, words }, context) => {
  const request = logOptions(options);
  const client = await context.connect({ start: true });
  const named = await numbersOf([...new Set(words)], { client, context });
  const tasks = [...new Set(named.answers)];
  const width = Math.max(...tasks.map((task) => task.length));
  const several = words.length > 1;
  const copy = async (task: string): Promise<number> => {
    const prefix = several ? `${task.padStart(width)} | ` : null;
    const writer = options.has('json')
      ? jsonLog(context, { task: several ? Number(task) : null })
      : prefix === null
        ? rawLog(context)
        : prefixedLog(context, { stdout: context.style.dim(prefix), stderr: context.stderrStyle.dim(prefix) });
    try {
      return await copyLog(task, { client, context, request, writer });
    } catch (error) {
      return await reportError(error, context);
    }
  };
  const statuses = request.follow === true ? await Promise.all(tasks.map(copy)) : await inTurn(tasks, copy);
  return firstFailure([named.status, ...statuses]);
};

function logOptions(options: ParsedOptions): LogOptions {
  const lines = options.value('lines');
  if (lines !== null && !/^\d{1,15}$/.test(lines)) {
    throw new GhostError('usage', `"${visible(lines)}" is no number of lines`, { hint: 'ghost log --lines 10 ID' });
  }
  const only = (['stdout', 'stderr'] as const).filter((stream) => options.has(stream));
  return {
    follow: options.has('follow'),
    streams: only.length === 1 && only[0] !== undefined ? only[0] : 'both',
    ...(lines === null ? {} : { lines: Number(lines) }),
  };
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

interface Copying extends Asking {
  readonly request: LogOptions;
  readonly writer: LogWriter;
}

async function copyLog(task: string, { client, context, request, writer }: Copying): Promise<number> {
  const chunks = client.log(task, request);
  for (let step = await chunks.next(); ; step = await chunks.next()) {
    if (step.done === true) {
      await writer.end();
      const { reason, task: ended } = step.value;
      if (reason === 'ended' && request.follow === true) await context.stderr.write(heldOpenNote(ended));
      return 0;
    }
    await writer.write(step.value);
    if (context.stdout.closed || (context.stderr.closed && step.value.stream === 'stderr')) return 0;
  }
}

async function inTurn(tasks: readonly string[], copy: (task: string) => Promise<number>): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const task of tasks) statuses.push(await copy(task));
  return statuses;
}
