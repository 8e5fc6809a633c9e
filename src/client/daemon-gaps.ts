import type { EventOf, JournalEvent } from '../journal/events.ts';
import type { Client } from './api.ts';
import { eventAt } from './event-at.ts';

/** A span in which no daemon ran. Times are milliseconds since 1970. */
export interface DaemonGap {
  /** When it was stopped; of one that crashed nobody knows when, and this is the last thing that it recorded. */
  readonly fromMs: number;
  /** The last event before it. */
  readonly fromSeq: number;
  /** When the next daemon started, and that event. */
  readonly toMs: number;
  readonly toSeq: number;
  readonly how: 'stopped' | 'crashed';
}

/** So many starts of daemons are asked about at once. */
const askedAtOnce = 32;

/** From where on spans are looked for: an event, which spares a look at all before it, or a time. */
export type GapsFrom = { readonly afterSeq: number } | { readonly sinceMs: number };

/**
 * The spans without a daemon that reach into a time, in the order of the journal.
 * @param untilMs those that began after it are left out.
 */
export async function daemonGaps(
  client: Client,
  { untilMs, ...from }: GapsFrom & { readonly untilMs: number },
): Promise<readonly DaemonGap[]> {
  const where = 'afterSeq' in from ? { after: from.afterSeq } : { since: new Date(Math.floor(from.sinceMs)) };
  const starts: EventOf<'DaemonStarted'>[] = [];
  const gaps: DaemonGap[] = [];
  let stop: JournalEvent | null = null;
  for await (const event of client.audit({ types: ['DaemonStarted', 'DaemonStopped'], ...where })) {
    if (event.type === 'DaemonStopped') stop = event;
    else if (event.type === 'DaemonStarted') {
      // One that was stopped has said so last of all.
      if (stop?.seq === event.seq - 1) gaps.push(gapBetween(stop, event));
      else if (event.data.previous !== 'none') starts.push(event);
      // The first one after the end tells of the gap that the end may lie in.
      if (event.at / 1000 > untilMs) break;
    }
  }
  for (let from = 0; from < starts.length; from += askedAtOnce) {
    const some = starts.slice(from, from + askedAtOnce);
    gaps.push(...(await Promise.all(some.map((start) => gapBefore(client, start)))).flat());
  }
  return gaps.filter(({ fromMs }) => fromMs <= untilMs).toSorted((one, other) => one.toSeq - other.toSeq);
}

/** The daemon before recorded nothing after the event that lies before this start: its own end, or whatever came last. */
async function gapBefore(client: Client, start: EventOf<'DaemonStarted'>): Promise<readonly DaemonGap[]> {
  const before = await eventAt(client, start.seq - 1);
  return before === null ? [] : [gapBetween(before, start)];
}

function gapBetween(before: JournalEvent, start: EventOf<'DaemonStarted'>): DaemonGap {
  return {
    fromMs: before.at / 1000,
    fromSeq: before.seq,
    toMs: start.at / 1000,
    toSeq: start.seq,
    how: start.data.previous === 'crashed' ? 'crashed' : 'stopped',
  };
}
