import { GhostError } from '../../ghost-error.ts';
import type { EnvironmentValue } from '../../protocol/answers.ts';
import type { Command } from '../command.ts';
import { renderDetail } from '../detail-block.ts';
import { eventJson } from '../event-json.ts';
import { printJson } from '../json-text.ts';
import { momentOption } from '../moment-option.ts';

/** `ghost show ID`: a block for people; in JSON the task's own fields and those of its detail in one object. */
export const show: Command = async ({ options, words: [task = ''] }, context) => {
  const reveal = options.has('reveal');
  if (reveal && !options.has('env')) {
    throw new GhostError('usage', '--reveal says how much --env shows', { hint: `ghost show ${task} --env --reveal` });
  }
  const typed = momentOption(options, { nowMs: context.now() });
  const client = await context.connect({ start: true });
  const moment = await typed?.resolve(client);
  const detail = await client.show(task, moment === undefined ? {} : { at: moment.at });
  // By its number: a name or @last may mean another one by now.
  const environment = options.has('env') ? await client.environment(String(detail.task.id), { reveal }) : null;
  if (options.has('json')) {
    const { task: view, events, ...rest } = detail;
    const values = environment === null ? {} : { environment: environment.map(valueJson) };
    await printJson({ ...view, ...rest, ...values, events: events.map(eventJson) }, context);
  } else {
    const { stdout, style, now } = context;
    const looks = { width: stdout.columns, style, nowMs: moment?.atMs ?? now() };
    await stdout.write(await renderDetail(detail, { ...looks, environment }));
  }
  return 0;
};

/** Bytes that are no text are `{ base64 }`. */
function valueJson({ name, value, shown }: EnvironmentValue): object {
  return {
    name,
    value: value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
    shown,
  };
}
