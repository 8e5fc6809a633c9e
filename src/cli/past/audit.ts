import type { AuditOptions, Client } from '../../client/api.ts';
import { GhostError } from '../../ghost-error.ts';
import { quietJson } from '../../quiet-json.ts';
import { eventTypeOf, nearestEventType } from '../../words/event-types.ts';
import { visible } from '../../words/visible.ts';
import type { Command, CommandContext } from '../command.ts';
import { countOption } from '../count-option.ts';
import { eventJson } from '../event-json.ts';
import type { ParsedOptions } from '../parse.ts';
import { refuseUnknownEvent, resolveTimeRange, timeRangeOption } from '../time-option.ts';
import { AuditLines } from './audit-lines.ts';
import { SoonWritten } from './soon-written.ts';
import { printVerification } from './verification.ts';

/** What chooses events: of no use to `--verify`, which checks all. */
const choices = ['task', 'type', 'since', 'until', 'after', 'actor', 'lines', 'follow'] as const;

/** `ghost audit`: the events themselves as they fit, or with `--verify` whether all of them still hold. */
export const audit: Command = async ({ options }, context) => {
  const json = options.has('json');
  if (options.has('verify')) {
    const given = choices.find((name) => options.has(name));
    if (given !== undefined) {
      throw new GhostError('usage', `--verify checks the whole journal: it takes no --${given}`, {
        hint: 'ghost audit --verify',
      });
    }
    return await printVerification(context, { json });
  }
  const question = auditQuestion(options, { nowMs: context.now() });
  const client = await context.connect({ start: true });
  await printEvents(client.audit(await question(client)), { context, json, follow: options.has('follow') });
  return 0;
};

/** Reads the options before anybody is asked; what a time means, the client is asked later. */
function auditQuestion(
  options: ParsedOptions,
  { nowMs }: { readonly nowMs: number },
): (client: Client) => Promise<AuditOptions> {
  const { since, until } = timeRangeOption(options, { nowMs });
  const tasks = options.values('task');
  const actor = options.value('actor');
  if (actor === '') throw new GhostError('usage', '--actor needs a text', { hint: 'ghost audit --actor root' });
  const after = countOption(options, { long: 'after', of: 'an event', hint: 'ghost audit --after 42' }) ?? 0;
  const last = countOption(options, { long: 'lines', of: 'events', hint: 'ghost audit -n 20' });
  const types = options.values('type').map(typeNamed);
  // The number of an event is more exact than its time, which others may have as well.
  const from = since?.kind === 'sequence' ? Math.max(after, since.seq - 1) : after;
  const before = until?.kind === 'sequence' ? until.seq : null;
  if (before !== null && before <= from + 1) {
    throw new GhostError('usage', `nothing lies after event ${from} and before event ${before}`, {
      hint: 'give --since the earlier of the two, and --until the later',
    });
  }
  return async (client) => {
    // One that is not there is told as it was typed.
    if (since?.kind === 'sequence') await refuseUnknownEvent(since.seq, client);
    return {
      ...(await resolveTimeRange(
        { since: since?.kind === 'moment' ? since : null, until: until?.kind === 'moment' ? until : null },
        client,
      )),
      after: from,
      ...(before === null ? {} : { before }),
      ...(tasks.length === 0 ? {} : { tasks }),
      ...(types.length === 0 ? {} : { types }),
      ...(actor === null ? {} : { actor }),
      ...(last === null ? {} : { last }),
      follow: options.has('follow'),
    };
  };
}

function typeNamed(word: string): string {
  const type = eventTypeOf(word);
  if (type !== null) return type;
  const near = nearestEventType(word);
  throw new GhostError('usage', `there are no events of type "${visible(word)}"`, {
    hint: near === null ? 'ghost audit --help' : `ghost audit --type ${near}`,
  });
}

async function printEvents(
  events: ReturnType<Client['audit']>,
  { context, json, follow }: { readonly context: CommandContext; readonly json: boolean; readonly follow: boolean },
): Promise<void> {
  const { stdout, stderr, style, now, users } = context;
  const lines = new AuditLines({ width: stdout.columns, style, nowMs: now(), nameOf: users.nameOf });
  const written = new SoonWritten(stdout);
  let count = 0;
  for await (const event of events) {
    count += 1;
    await written.add(json ? `${quietJson(eventJson(event))}\n` : await lines.lines(event));
    if (written.closed) return;
  }
  await written.flush();
  if (count === 0 && !json && !follow && stderr.isTerminal) await stderr.write('no event fits\n');
}
