import { GhostError } from '../../ghost-error.ts';
import { type TaskState, taskStates } from '../../projections/task-view.ts';
import { nearest } from '../../words/nearest.ts';
import { visible } from '../../words/visible.ts';
import type { Command } from '../command.ts';
import { printJsonArray } from '../json-array.ts';
import { momentOption } from '../moment-option.ts';
import { taskTable } from '../tasks-table.ts';

/** `ghost list`: a table for people, one array in JSON; with `--at` as it stood then. */
export const list: Command = async ({ options }, context) => {
  const states = options.values('state').map(parseState);
  const typed = momentOption(options, { nowMs: context.now() });
  const client = await context.connect({ start: true });
  const moment = await typed?.resolve(client);
  const question = {
    all: options.has('all'),
    ...(states.length > 0 ? { states } : {}),
    ...(moment === undefined ? {} : { at: moment.at }),
  };
  if (options.has('json')) {
    await printJsonArray(client.listPages(question), context);
    return 0;
  }
  const tasks = await client.list(question);
  if (tasks.length > 0) await context.stdout.write(await taskTable(tasks, context, moment ?? {}));
  else await context.stderr.write(emptyText(states, { isNow: moment === undefined }));
  return 0;
};

function emptyText(states: readonly TaskState[], { isNow }: { readonly isNow: boolean }): string {
  if (states.length > 0) return `no task ${isNow ? 'is' : 'was'} ${states.join(' or ')}\n`;
  return isNow ? 'no tasks yet; start one with: ghost run COMMAND\n' : 'there were no tasks then\n';
}

function parseState(text: string): TaskState {
  const state = taskStates.find((known) => known === text);
  if (state !== undefined) return state;
  const near = nearest(text, taskStates);
  throw new GhostError('usage', `there is no state "${visible(text)}"; there are ${taskStates.join(', ')}`, {
    hint: near === null ? 'ghost list --help' : `ghost list --state ${near}`,
  });
}
