import { GhostError } from '../../ghost-error.ts';
import { visible } from '../../words/visible.ts';
import type { Command } from '../command.ts';
import { printJson } from '../json-text.ts';

/** `ghost tag ID +TAG -TAG`: says the tags that it has then. */
export const tag: Command = async ({ options, words: [task = '', ...changes] }, context) => {
  const wrong = changes.find((change) => !/^[+-]./su.test(change));
  if (wrong !== undefined) {
    if (/^[+-]./su.test(task)) {
      const order = `${visible(wrong)} before ${visible(task)}`;
      throw new GhostError('usage', `the task is named first, then its tags: ${order}`, {
        hint: `ghost tag ${wrong} ${task}`,
      });
    }
    throw new GhostError('usage', `"${visible(wrong)}" is neither +TAG nor -TAG`, {
      hint: `ghost tag ${task} +${wrong.replace(/^[+-]/, '') || 'TAG'}`,
    });
  }
  const tags = (sign: string): readonly string[] =>
    changes.filter((change) => change.startsWith(sign)).map((change) => change.slice(1));
  const client = await context.connect({ start: true });
  const view = await client.tag(task, { add: tags('+'), remove: tags('-') });
  if (options.has('json')) await printJson(view, context);
  else {
    const says = view.tags.length === 0 ? 'has no tags' : `is tagged ${view.tags.map(visible).join(' ')}`;
    await context.stdout.write(`${view.id} ${says}\n`);
  }
  return 0;
};
