import type { Command } from '../command.ts';
import { renderDetail } from '../detail-block.ts';
import { eventJson } from '../event-json.ts';
import { printJson } from '../json-text.ts';

/** `ghost show ID`: a block for people; in JSON the task's own fields and those of its detail in one object. */
export const show: Command = async ({ options, words: [task = ''] }, context) => {
  const client = await context.connect({ start: true });
  const detail = await client.show(task);
  if (options.has('json')) {
    const { task: view, events, ...rest } = detail;
    await printJson({ ...view, ...rest, events: events.map(eventJson) }, context);
  } else {
    const { stdout, style, now } = context;
    await stdout.write(await renderDetail(detail, { width: stdout.columns, style, nowMs: now() }));
  }
  return 0;
};
