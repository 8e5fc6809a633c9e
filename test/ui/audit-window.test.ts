import { expect, test } from 'vitest';

import type { JournalEvent } from '../../src/journal/events.ts';
import { type AuditWindow, auditEventsMax, withEarlierEvents, withLaterEvent } from '../../src/ui/audit-window.ts';
import { committed, daemonDraft } from '../support/facts.ts';

const all = committed(Array.from({ length: 3 * auditEventsMax }, () => daemonDraft('DaemonStarted')));
/** The events from one number to another. */
const events = (from: number, to: number): readonly JournalEvent[] => all.slice(from - 1, to);
const ends = ({ events: held }: AuditWindow): readonly unknown[] => [held[0]?.seq, held.at(-1)?.seq, held.length];

test('followed, the newest events are held up to the limit', () => {
  const empty: AuditWindow = { events: [], top: null };
  expect(ends(events(7, 9).reduce(withLaterEvent, empty))).toEqual([7, 9, 3]);
  const full = events(1, auditEventsMax).reduce(withLaterEvent, empty);
  expect(ends(full)).toEqual([1, auditEventsMax, auditEventsMax]);
  expect(ends(events(auditEventsMax + 1, auditEventsMax + 1).reduce(withLaterEvent, full))).toEqual([
    2,
    auditEventsMax + 1,
    auditEventsMax,
  ]);
});

test('who has scrolled up stays where he is, and no gap comes about', () => {
  const full: AuditWindow = { events: events(501, 500 + auditEventsMax), top: 3 };
  const [next] = events(501 + auditEventsMax, 501 + auditEventsMax);
  if (next === undefined) throw new Error('there are more events than are held');
  expect(withLaterEvent(full, next)).toEqual(full);
  const gone = withEarlierEvents(full, events(1, 500));
  expect(ends(gone)).toEqual([1, auditEventsMax, auditEventsMax]);
  expect(gone.top).toBe(503);
  // Its end has given way: what comes after that is not joined to what is held.
  expect(withLaterEvent({ ...gone, top: null }, next)).toEqual({ ...gone, top: null });
});

test('what comes before is put in front, and the same event stays at the top', () => {
  const window = withEarlierEvents({ events: events(11, 20), top: 0 }, events(1, 10));
  expect(window.events[window.top ?? -1]?.seq).toBe(11);
});
