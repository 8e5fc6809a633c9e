import { Observable, defer, scan, shareReplay } from 'rxjs';

import type { JournalEvent } from '../journal/events.ts';

/** What the journal gives: its committed events by place, and a doorbell without data. */
export interface EventSource {
  read(from: { after: number }): readonly JournalEvent[];
  onCommit(listener: () => void): () => void;
}

/**
 * The events after a place, in batches, first the past and then what comes: one path for both. Each event is read from
 * the journal after the last one that was seen, so that none is lost or doubled whenever the doorbell rings.
 */
export function events$(source: EventSource, { after }: { after: number }): Observable<readonly JournalEvent[]> {
  return new Observable((subscriber) => {
    let last = after;
    let draining = false;
    const drain = (): void => {
      // A subscriber that makes the doorbell ring again is served by the loop that is already running, in order.
      if (draining) return;
      draining = true;
      try {
        for (;;) {
          if (subscriber.closed) return;
          const batch = source.read({ after: last });
          const newest = batch.at(-1);
          if (newest === undefined) return;
          last = newest.seq;
          subscriber.next(batch);
        }
      } finally {
        draining = false;
      }
    };
    const stop = source.onCommit(drain);
    drain();
    return stop;
  });
}

/** A read model: pure and total, without RxJS, clock or I/O. */
interface ReadModel<S> {
  /** The last event that is in the initial state, 0 for none. */
  readonly after: number;
  readonly initialState: () => S;
  readonly evolve: (state: S, event: JournalEvent) => S;
}

/** The state of a read model after each batch, from the next event on; a late subscriber gets the newest at once. */
export function project<S>(source: EventSource, { after, initialState, evolve }: ReadModel<S>): Observable<S> {
  return defer(() =>
    events$(source, { after }).pipe(scan((state, batch) => batch.reduce(evolve, state), initialState())),
  ).pipe(shareReplay({ bufferSize: 1, refCount: false }));
}
