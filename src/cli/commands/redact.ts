import { GhostError } from '../../ghost-error.ts';
import type { RedactResult } from '../../protocol/answers.ts';
import { counted } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import type { Command } from '../command.ts';
import { printJson } from '../json-text.ts';

/** `ghost redact ID --env NAME`: says from how many environments the value is gone. */
export const redact: Command = async ({ options, words: [task = ''] }, context) => {
  const name = options.value('env');
  if (name === null) {
    throw new GhostError('usage', 'redact needs the name of the variable', {
      hint: `ghost redact ${task} --env NAME   (ghost show ${task} --env shows them)`,
    });
  }
  const client = await context.connect({ start: true });
  const result = await client.redact(task, name);
  if (options.has('json')) await printJson(result, context);
  else await context.stdout.write(`${redactText(result)}\n`);
  return 0;
};

function redactText({ name, environments, tasks }: RedactResult): string {
  if (environments === 0) return `the value of ${visible(name)} had been removed before`;
  const of = counted(tasks, { one: 'task', many: 'tasks' });
  return `the value of ${visible(name)} is removed from the environment of ${of}`;
}
