import type { JournalEvent } from '../journal/events.ts';

/** How many events are held. Those that give way are asked for again when they are gone to. */
export const auditEventsMax = 2_000;

/** The part of the journal that is held, without a gap, and the first event that is seen: null is the end, which is followed. */
export interface AuditWindow {
  readonly events: readonly JournalEvent[];
  readonly top: number | null;
}

/** The window with an event that has just come. Where its end has given way, that is read again when it is gone to. */
export function withLaterEvent<W extends AuditWindow>(window: W, event: JournalEvent): W {
  const last = window.events.at(-1);
  if (last !== undefined && last.seq + 1 !== event.seq) return window;
  if (window.events.length < auditEventsMax) return { ...window, events: [...window.events, event] };
  // Who looks at something keeps on seeing that.
  if (window.top !== null) return window;
  return { ...window, events: [...window.events.slice(1), event] };
}

/** The window with those that come right before its first; it stays on the event that it is on, and its end gives way. */
export function withEarlierEvents<W extends AuditWindow>(window: W, earlier: readonly JournalEvent[]): W {
  const events = [...earlier, ...window.events].slice(0, auditEventsMax);
  return { ...window, events, top: (window.top ?? 0) + earlier.length };
}
