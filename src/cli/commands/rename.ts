import { GhostError } from '../../ghost-error.ts';
import { visible } from '../../words/visible.ts';
import type { Command } from '../command.ts';
import { printJson } from '../json-text.ts';

/** `ghost rename ID NAME`: another name; with `--clear` none. */
export const rename: Command = async ({ options, words: [task = '', name = null] }, context) => {
  if (options.has('clear') === (name !== null)) {
    throw new GhostError(
      'usage',
      name === null
        ? 'rename needs the new name, or --clear to take the old one away'
        : `either "${visible(name)}" is its name or --clear takes it away`,
      { hint: name === null ? `ghost rename ${task} NAME` : `ghost rename ${task} ${name}` },
    );
  }
  const client = await context.connect({ start: true });
  const view = await client.rename(task, name);
  if (options.has('json')) await printJson(view, context);
  else {
    const says = view.name === null ? 'has no name' : `is named ${visible(view.name)}`;
    await context.stdout.write(`${view.id} ${says}\n`);
  }
  return 0;
};
