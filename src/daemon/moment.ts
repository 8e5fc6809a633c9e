import type { Journal } from '../journal/journal.ts';
import { microsecondsOf } from '../microseconds.ts';
import type { PastTasks } from '../projections/past-tasks.ts';
import type { Moment } from '../protocol/messages.ts';

export interface MomentReader {
  readonly journal: Pick<Journal, 'lastSeq'>;
  readonly past: Pick<PastTasks, 'lastSeqAt'>;
}

/** The event that was the last one at a moment: 0 before the first, and never one that is still to come. */
export function seqOfMoment({ journal, past }: MomentReader, moment: Moment): number {
  if (moment.kind === 'event') return Math.min(moment.seq, journal.lastSeq);
  return past.lastSeqAt(microsecondsOf(moment.time));
}
