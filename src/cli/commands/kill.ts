import { GhostError } from '../../ghost-error.ts';
import { parseSignal } from '../../protocol/signals.ts';
import { nearestSignal } from '../../words/nearest-signal.ts';
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
    throw new GhostError('usage', `there is no signal "${visible(text)}"`, {
      hint: `ghost kill --signal ${nearestSignal(text) ?? 'HUP'} ID`,
      field: 'signal',
      cause: error,
    });
  }
}
