import type { EventOf, JournalEvent, Microseconds, SignalAnswer } from '../journal/events.ts';

/** A signal that was asked for, and what became of it. */
export interface Delivery {
  readonly request: EventOf<'SignalRequested'>;
  /** Null where the answer is not known yet. */
  readonly answer: SignalAnswer | null;
  /** When the kernel answered; before, when it was asked for. */
  readonly at: Microseconds;
}

/** The signals of a task's events, in the order in which they were asked for. */
export function deliveriesOf(events: readonly JournalEvent[]): readonly Delivery[] {
  return events
    .filter((event) => event.type === 'SignalRequested')
    .map((request) => {
      const { requestId, signal } = request.data;
      const sent = events.find(
        (event): event is EventOf<'SignalSent'> =>
          event.type === 'SignalSent' && event.data.requestId === requestId && event.data.signal === signal,
      );
      return { request, answer: sent?.data.answer ?? null, at: sent?.at ?? request.at };
    });
}
