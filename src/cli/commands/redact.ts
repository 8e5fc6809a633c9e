import { GhostError } from '../../ghost-error.ts';
import type { RedactResult } from '../../protocol/answers.ts';
import { counted } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import { askEach } from '../ask-each.ts';
import type { Command } from '../command.ts';
import { printJson } from '../json-text.ts';

/** `ghost redact ID --env NAME...`: says of each from how many environments its value is gone. In JSON of several an array. */
export const redact: Command = async ({ options, words: [task = ''] }, context) => {
  const names = options.values('env');
  if (names.length === 0) {
    throw new GhostError('usage', 'redact needs the name of the variable', {
      hint: `ghost redact ${task} --env NAME   (ghost show ${task} --env shows them)`,
    });
  }
  const client = await context.connect({ start: true });
  // By its number: between two of them a name or @last may come to mean another one.
  const pinned = names.length === 1 ? task : String((await client.show(task)).task.id);
  const { answers, status } = await askEach({ context, tasks: names }, async (name) => ({
    answer: await client.redact(pinned, name),
    status: 0,
  }));
  const [only] = answers;
  if (!options.has('json')) await context.stdout.write(answers.map((result) => `${redactText(result)}\n`).join(''));
  else if (names.length > 1) await printJson(answers, context);
  else if (only !== undefined) await printJson(only, context);
  return status;
};

function redactText({ name, environments, tasks }: RedactResult): string {
  if (environments === 0) return `the value of ${visible(name)} had been removed before`;
  const of = counted(tasks, { one: 'task', many: 'tasks' });
  return `the value of ${visible(name)} is removed from the environment of ${of}`;
}
