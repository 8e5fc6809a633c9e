import { GhostError } from '../ghost-error.ts';
import { decodeEvent } from '../journal/codec.ts';
import type { JournalEvent } from '../journal/events.ts';
import type { EventSearch } from '../journal/journal-reader.ts';
import { SharedReader } from '../journal/shared-reader.ts';
import { microsecondsOf } from '../microseconds.ts';
import type { AuditPage } from '../protocol/answers.ts';
import type { Handlers } from '../protocol/handlers.ts';
import { auditItemCharactersMax, watchBatchMax } from '../protocol/limits.ts';
import type { ParametersOf, ResultOf } from '../protocol/messages.ts';
import { systemUserNames } from '../user-names.ts';
import { type AcceptsActor, actorFilter } from './actor-filter.ts';
import { findTask } from './find-task.ts';
import { LoopSlice } from './loop-slice.ts';
import type { HandlerContext } from './request-handlers.ts';
import { verifyJournal } from './verify-journal.ts';
import { nextCommit } from './watch-events.ts';

/** So many events without one that fits, and the reader is told how far they were looked at. */
export const silentEventsMax = 100_000;
/** How many places of the journal are looked at in one go: adapted to what a go takes. */
const spanLeast = 512;
const spanMost = 1 << 20;

type AuditContext = Pick<HandlerContext, 'journal' | 'store' | 'past' | 'clock'> & {
  readonly supervisor: Pick<HandlerContext['supervisor'], 'folder'>;
};

/** What the daemon answers about the events themselves. */
export function createAuditHandlers(context: AuditContext): Pick<Handlers, 'audit' | 'verify'> {
  const { journal, supervisor } = context;
  const shared = new SharedReader(() => journal.head.path);
  return {
    audit: (parameters, { signal }) => auditEvents(context, parameters, { shared, signal }),
    async *verify(_, { signal }) {
      const { seq, hash } = journal.head;
      using borrowed = shared.borrow();
      return yield* verifyJournal({
        reader: borrowed.reader,
        taskFolder: (task) => supervisor.folder(task).path,
        known: { seq, hash, isLast: true },
        signal,
      });
    },
  };
}

/**
 * The events that fit, read by a connection of its own in slices that leave the daemon's loop to others, and only as
 * far as the reader wants: nothing waits here for him.
 */
async function* auditEvents(
  { journal, store, past, clock }: AuditContext,
  { after, before, tasks, types, since, until, actor, last, follow }: ParametersOf<'audit'>,
  { shared, signal }: { shared: SharedReader; signal: AbortSignal },
): AsyncGenerator<AuditPage, ResultOf<'audit'>, void> {
  if (after > journal.lastSeq) throw noSuchPlace(after, journal.lastSeq);
  const begin = since === null ? null : microsecondsOf(since);
  const end = until === null ? null : microsecondsOf(until);
  using borrowed = shared.borrow();
  const walk = new AuditWalk(
    borrowed.reader.search({
      tasks: tasks === null ? null : tasks.map((task) => findTask(store, task).id),
      types,
      since: begin,
      until: end,
    }),
    actorFilter(actor, { nameOf: systemUserNames() }),
  );
  const farthest = before === null ? Number.POSITIVE_INFINITY : before - 1;
  const reached = (): number => Math.min(journal.lastSeq, farthest);
  // Of what there is now, nothing that fits lies before or after these places.
  const known = reached();
  const first = begin === null ? after : Math.max(after, Math.min(known, past.firstSeqSince(begin) - 1));
  const final = end === null ? known : Math.max(first, Math.min(known, past.lastSeqAt(end - 1)));
  let seq = first;
  if (last === 0) seq = known;
  else if (last !== null) seq = await walk.placeBefore(last, { after: first, through: final, signal });
  let told = seq;
  for (;;) {
    // What has come until here is seen to its end before anything is waited for.
    const through = reached();
    const isLast = !follow || through === farthest || (end !== null && clock() >= end);
    while (seq < through) {
      if (seq >= final) seq = Math.max(seq, known);
      const page = await walk.next({ after: seq, through: seq < final ? final : through, signal });
      ({ seq } = page);
      if (page.events.length === 0 && seq - told < silentEventsMax) continue;
      told = seq;
      yield page;
    }
    if (isLast) return { seq };
    await nextCommit(journal, { after: seq, signal, withinMs: end === null ? null : (end - clock()) / 1000 });
    signal.throwIfAborted();
  }
}

/**
 * Who goes on after an event that is not there read another journal, or this one before a power cut took its last events:
 * those to come bear numbers that he holds for read.
 */
function noSuchPlace(after: number, lastSeq: number): GhostError {
  return new GhostError('invalid-request', `there is no event ${after}: the last one in the journal is ${lastSeq}`, {
    hint: `--after ${lastSeq} goes on from there; what was read may be of another journal: ghost audit --verify`,
    field: 'after',
  });
}

/** Goes through the events that fit, a slice of the event loop at a time. */
class AuditWalk {
  readonly #search: EventSearch;
  readonly #accepts: AcceptsActor;
  #span = 4096;

  constructor(search: EventSearch, accepts: AcceptsActor) {
    this.#search = search;
    this.#accepts = accepts;
  }

  /** What fits in the next part of (after, through], after everybody else has had his turn. */
  async next({ after, through, signal }: Range): Promise<AuditPage> {
    const slice = new LoopSlice();
    await slice.breathe(signal);
    const end = Math.min(through, after + this.#span);
    const events: JournalEvent[] = [];
    let characters = 0;
    for (const row of this.#search.forwards({ after, through: end })) {
      const [seq, , , , , actor, data] = row;
      if (this.#accepts(actor)) {
        events.push(decodeEvent(row));
        characters += actor.length + data.length;
      }
      if (events.length >= watchBatchMax || characters >= auditItemCharactersMax || slice.isOver) {
        this.#adapt(slice);
        return { events, seq };
      }
    }
    this.#adapt(slice);
    return { events, seq: end };
  }

  /** The place after which so many fit, looked for from the end; where there are fewer, that before the first of them. */
  async placeBefore(count: number, { after, through, signal }: Range): Promise<number> {
    if (count === 0) return through;
    const slice = new LoopSlice();
    let found = 0;
    let first = through + 1;
    for (let high = through; high > after;) {
      let low = Math.max(after, high - this.#span);
      for (const [seq, actor] of this.#search.backwards({ after: low, through: high })) {
        if (this.#accepts(actor)) {
          found += 1;
          first = seq;
        }
        if (found === count) return seq - 1;
        if (slice.isOver) {
          low = seq - 1;
          break;
        }
      }
      this.#adapt(slice);
      high = low;
      await slice.breathe(signal);
    }
    return first - 1;
  }

  /** Where little fits SQLite gives nothing back for long, so that the span alone bounds how long it takes. */
  #adapt({ share }: LoopSlice): void {
    if (share < 0.5) this.#span = Math.min(spanMost, this.#span * 2);
    else if (share > 1) this.#span = Math.max(spanLeast, Math.floor(this.#span / 2));
  }
}

interface Range {
  readonly after: number;
  readonly through: number;
  readonly signal: AbortSignal;
}
