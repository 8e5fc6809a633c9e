import type { Client } from '../../client/api.ts';
import { GhostError } from '../../ghost-error.ts';
import type { TaskView } from '../../projections/task-view.ts';
import { askEach } from '../ask-each.ts';
import type { Command } from '../command.ts';
import { durationOption } from '../duration-option.ts';
import { printJsonOf } from '../json-text.ts';

/** `ghost restart ID...`: prints the numbers of the new tasks, in the order in which the old ones were named. */
export const restart: Command = async ({ options, words }, context) => {
  const graceMs = durationOption(options, 'grace');
  const client = await context.connect({ start: true });
  const { answers, status } = await askEach({ context, tasks: words }, async (task) => ({
    answer: await startAgain(client, { task, graceMs }),
    status: 0,
  }));
  if (options.has('json')) await printJsonOf(answers, { words, context });
  else for (const { id } of answers) await context.stdout.write(`${id}\n`);
  return status;
};

interface Again {
  readonly task: string;
  readonly graceMs: number | null;
}

/** Most tasks that are started again have ended: that is tried first, and only one that still runs is stopped. */
async function startAgain(client: Client, { task, graceMs }: Again): Promise<TaskView> {
  let running: string;
  try {
    return await client.restart(task);
  } catch (error) {
    if (!isRefusal(error, 'task-still-running')) throw error;
    // Its number from here on, since its name or `@last` may mean another one by now.
    running = String(error.task ?? task);
  }
  await stopFirst(client, { task: running, graceMs });
  return await client.restart(running);
}

async function stopFirst(client: Client, { task, graceMs }: Again): Promise<void> {
  try {
    await client.stop(task, graceMs === null ? {} : { graceMs });
  } catch (error) {
    // It ended by itself in between, which is as good.
    if (!isRefusal(error, 'task-ended')) throw error;
  }
}

function isRefusal(error: unknown, code: GhostError['code']): error is GhostError {
  return error instanceof GhostError && error.code === code;
}
