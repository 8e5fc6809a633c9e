import { GhostError } from '../../ghost-error.ts';
import { parseSignal, signalNames } from '../../protocol/signals.ts';
import { nearest } from '../../words/nearest.ts';
import { visible } from '../../words/visible.ts';
import { askEach } from '../ask-each.ts';
import type { Command } from '../command.ts';
import { printJsonOf } from '../json-text.ts';
import { stopAnswer } from '../stop-answer.ts';

/** `ghost kill ID...`: one signal to each, at once. */
export const kill: Command = async ({ options, words }, context) => {
  const signal = signalNamed(options.value('signal') ?? 'SIGKILL');
  const client = await context.connect({ start: true });
  const json = options.has('json');
  const { answers, status } = await askEach({ context, tasks: words }, async (task) => {
    const result = await client.signal(task, signal);
    const refused = result.signals.find(({ answer }) => answer !== 'delivered');
    if (refused !== undefined) {
      await context.stderr.write(`${refused.signal} did not reach task ${result.task.id}: ${refused.answer}\n`);
    }
    return { answer: await stopAnswer(result, { context, json }), status: refused === undefined ? 0 : 1 };
  });
  if (json) await printJsonOf(answers, { words, context });
  return status;
};

/** The same refusal as everywhere, with the nearest name that there is. */
function signalNamed(text: string): string {
  try {
    return parseSignal(text);
  } catch (error) {
    const bare = (name: string): string => name.toLowerCase().replace(/^sig/, '');
    const near = nearest(bare(text), signalNames.map(bare));
    throw new GhostError('usage', `there is no signal "${visible(text)}"`, {
      hint: near === null ? 'ghost kill --signal HUP ID' : `ghost kill --signal ${near.toUpperCase()} ID`,
      field: 'signal',
      cause: error,
    });
  }
}
