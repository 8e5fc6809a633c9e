import { askEach } from '../ask-each.ts';
import type { Command } from '../command.ts';
import { durationOption } from '../duration-option.ts';
import { printJsonOf } from '../json-text.ts';
import { stopAnswer } from '../stop-answer.ts';

/** `ghost stop ID...`: all at once, one line for each as it ends. */
export const stop: Command = async ({ options, words }, context) => {
  const graceMs = durationOption(options, 'grace');
  const client = await context.connect({ start: true });
  const json = options.has('json');
  const { answers, status } = await askEach({ context, tasks: words }, async (task) => {
    const result = await client.stop(task, graceMs === null ? {} : { graceMs });
    const failed = result.task.state === 'running';
    if (failed) await context.stderr.write(`task ${result.task.id} has not ended; see: ghost show ${result.task.id}\n`);
    return { answer: await stopAnswer(result, { context, json }), status: failed ? 1 : 0 };
  });
  if (json) await printJsonOf(answers, { words, context });
  return status;
};
