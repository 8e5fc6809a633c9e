import type { TaskState } from '../../projections/task-view.ts';
import { parseTaskState } from '../../words/task-state.ts';
import type { Command } from '../command.ts';
import { printJsonArray } from '../json-array.ts';
import { momentOption } from '../moment-option.ts';
import { taskTable } from '../tasks-table.ts';

/** `ghost list`: a table for people, one array in JSON; with `--at` as it stood then. */
export const list: Command = async ({ options }, context) => {
  const states = options.values('state').map((text) => parseTaskState(text, { hint: stateHint }));
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
  return isNow ? 'no tasks to show; start one with: ghost run COMMAND\n' : 'there were no tasks then\n';
}

function stateHint(near: string | null): string {
  return near === null ? 'ghost list --help' : `ghost list --state ${near}`;
}
