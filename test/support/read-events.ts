import type { JournalEvent } from '../../src/journal/events.ts';
import type { Journal } from '../../src/journal/journal.ts';

/** All events of a journal. */
export function readEvents(journal: Pick<Journal, 'read'>): readonly JournalEvent[] {
  const events: JournalEvent[] = [];
  for (;;) {
    const batch = journal.read({ after: events.length });
    if (batch.length === 0) return events;
    events.push(...batch);
  }
}
