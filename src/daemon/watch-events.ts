import type { JournalEvent } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import { auditItemCharactersMax, durationMsMax, watchBatchMax } from '../protocol/limits.ts';

/** The events as they come, read from the journal when the reader wants more, so that none waits here for him. */
export async function* watchEvents(
  journal: Journal,
  { after, signal }: { after: number; signal: AbortSignal },
): AsyncGenerator<readonly JournalEvent[], Record<string, never>, void> {
  let last = after;
  for (;;) {
    await nextCommit(journal, { after: last, signal, withinMs: null });
    signal.throwIfAborted();
    const batch = oneItem(journal.read({ after: last, most: watchBatchMax }));
    const newest = batch.at(-1);
    if (newest === undefined) continue;
    last = newest.seq;
    yield batch;
  }
}

/** Settles when there are events after a place, when the time is over, or when nobody wants them any more. */
export async function nextCommit(
  journal: Journal,
  { after, signal, withinMs }: { after: number; signal: AbortSignal; withinMs: number | null },
): Promise<void> {
  if (journal.lastSeq > after || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    resolve();
  };
  const stop = journal.onCommit(wake);
  signal.addEventListener('abort', wake, { once: true });
  const timer = withinMs === null ? undefined : setTimeout(wake, Math.min(Math.max(1, withinMs), durationMsMax));
  timer?.unref();
  await promise;
  clearTimeout(timer);
  stop();
  signal.removeEventListener('abort', wake);
}

/** As many events as one item takes: what a command line makes long counts, everything else is short. */
function oneItem(events: readonly JournalEvent[]): readonly JournalEvent[] {
  let characters = 0;
  const full = events.findIndex((event) => {
    if (event.type === 'TaskSubmitted') for (const word of event.data.command) characters += word.length;
    return characters >= auditItemCharactersMax;
  });
  return full === -1 ? events : events.slice(0, full + 1);
}
