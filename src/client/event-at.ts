import type { JournalEvent, SequenceNumber } from '../journal/events.ts';
import type { Client } from './api.ts';

/** One event by its number; null where the journal has none of it. */
export async function eventAt(client: Client, seq: number): Promise<JournalEvent | null> {
  if (seq < 1) return null;
  // What is asked for lies between two numbers, and the first has none before it.
  const after = seq === 1 ? 0 : ((seq - 1) as SequenceNumber);
  for await (const event of client.audit({ after, before: seq + 1 })) return event;
  return null;
}
