import type { Client } from '../../client/api.ts';
import type { TaskView } from '../../projections/task-view.ts';
import { taskExitStatus, taskLine } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import { askEach, firstFailure } from '../ask-each.ts';
import type { Command, CommandContext } from '../command.ts';
import { durationOption } from '../duration-option.ts';
import { printJsonOf } from '../json-text.ts';

/** `ghost wait [ID...]`: one line for each task as it ends; the exit status is theirs. With `--log`: see `waitForLine`. */
export const wait: Command = async (invocation, context) => {
  const { options, words } = invocation;
  const timeoutMs = durationOption(options, 'timeout');
  if (options.has('log')) {
    const { lineQuestion, waitForLine } = await import('../rare.ts');
    return await waitForLine(lineQuestion(invocation, { timeoutMs }), context);
  }
  const limit = timeoutMs === null ? {} : { timeoutMs };
  const client = await context.connect({ start: true });
  const told = { client, context, json: options.has('json') };
  if (words.length === 0 || options.has('any')) {
    const ended = await client.wait([...new Set(words)], { ...limit, mode: options.has('any') ? 'any' : 'all' });
    const statuses: number[] = [];
    for (const task of ended) statuses.push(await tellEnd(task, told));
    if (told.json) await printJsonOf(ended, { words, context });
    return firstFailure(statuses);
  }
  const { answers, status } = await askEach({ context, tasks: words }, async (task) => {
    const ended = await client.wait([task], limit);
    const statuses = await Promise.all(ended.map((view) => tellEnd(view, told)));
    return { answer: ended, status: firstFailure(statuses) };
  });
  if (told.json) await printJsonOf(answers.flat(), { words, context });
  return status;
};

interface Telling {
  readonly client: Client;
  readonly context: CommandContext;
  readonly json: boolean;
}

async function tellEnd(task: TaskView, { client, context: { stdout, stderr }, json }: Telling): Promise<number> {
  if (!json) await stdout.write(`${taskLine(task)}\n`);
  if (task.reason !== null) await stderr.write(`task ${task.id}: ${visible(task.reason)}\n`);
  return await taskExitStatus(task, client);
}
