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
      const sent = answerTo(request, events);
      return { request, answer: sent?.data.answer ?? null, at: sent?.at ?? request.at };
    });
}

/** What was recorded of the kernel's answer to a request; undefined where it is not among the events. */
export function answerTo(
  request: EventOf<'SignalRequested'>,
  events: readonly JournalEvent[],
): EventOf<'SignalSent'> | undefined {
  return events.filter((event) => event.type === 'SignalSent').find((sent) => belongTogether(request, sent));
}

/** What was recorded when a signal was asked for; undefined where it is not among the events. */
export function requestOf(
  sent: EventOf<'SignalSent'>,
  events: readonly JournalEvent[],
): EventOf<'SignalRequested'> | undefined {
  return events.filter((event) => event.type === 'SignalRequested').find((request) => belongTogether(request, sent));
}

function belongTogether({ data: request }: EventOf<'SignalRequested'>, { data: sent }: EventOf<'SignalSent'>): boolean {
  // A stop asks for several signals under the id of one request: SIGTERM, perhaps SIGCONT, and SIGKILL in the end.
  return request.requestId === sent.requestId && request.signal === sent.signal;
}
