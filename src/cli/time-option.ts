import type { Client } from '../client/api.ts';
import { eventAt } from '../client/event-at.ts';
import { GhostError } from '../ghost-error.ts';
import { dayOf, exactClockTime } from '../words/time-text.ts';
import { parsePastTime, type TypedTime } from '../words/time.ts';
import type { ParsedOptions } from './parse.ts';

/** `--since` and `--until` as they were typed; null where they were not. */
export interface TypedRange {
  readonly since: TypedTime | null;
  readonly until: TypedTime | null;
}

/** Reads `--since` and `--until`, before anybody is asked. @throws GhostError `usage`. */
export function timeRangeOption(options: ParsedOptions, { nowMs }: { readonly nowMs: number }): TypedRange {
  const read = (long: string): TypedTime | null => {
    const text = options.value(long);
    return text === null ? null : parsePastTime(text, { nowMs });
  };
  return { since: read('since'), until: read('until') };
}

/**
 * The range in the form that a request takes; what was not typed is left out.
 * @throws GhostError `usage` where the journal has no such event, or nothing can lie in between.
 */
export async function resolveTimeRange(
  { since, until }: TypedRange,
  client: Client,
): Promise<{ readonly since?: Date; readonly until?: Date }> {
  const from = since === null ? null : await momentOf(since, client);
  const to = until === null ? null : await momentOf(until, client);
  if (from !== null && to !== null) refuseEmptyRange(from, to);
  return { ...(from === null ? {} : { since: from }), ...(to === null ? {} : { until: to }) };
}

/** @throws GhostError `usage` where nothing can lie in between. */
export function refuseEmptyRange(from: Date, to: Date): void {
  if (from.getTime() < to.getTime()) return;
  throw new GhostError('usage', `nothing lies between ${wallTime(from)} and ${wallTime(to)}`, {
    hint: 'give --since the earlier of the two, and --until the later',
  });
}

/** By the clock that the times were typed by. */
function wallTime(date: Date): string {
  const atMs = date.getTime();
  return `${dayOf(atMs)} ${exactClockTime(atMs)}`;
}

/** The moment of a typed time. @throws GhostError `usage` where the journal has no such event. */
export async function momentOf(time: TypedTime, client: Client): Promise<Date> {
  if (time.kind === 'moment') return new Date(time.atMs);
  const { seq } = time;
  await refuseUnknownEvent(seq, client);
  const event = await eventAt(client, seq);
  if (event !== null) return new Date(Math.floor(event.at / 1000));
  throw new GhostError('internal', `event ${seq} is not in the journal`, { hint: 'ghost audit --verify' });
}

/** @throws GhostError `usage` where the journal has no such event. */
export async function refuseUnknownEvent(seq: number, client: Client): Promise<void> {
  const { events } = await client.status();
  if (seq <= events) return;
  throw new GhostError('usage', `there is no event ${seq}: the last one in the journal is ${events}`, {
    hint: `seq:${events}`,
  });
}
