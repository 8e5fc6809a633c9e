import { hash as digest } from 'node:crypto';

import { ChainWalk } from '../journal/chain-breaks.ts';
import { chainDamages } from '../journal/chain-damage.ts';
import { decodeEvent } from '../journal/codec.ts';
import type { JournalEvent, TaskId } from '../journal/events.ts';
import type { JournalReader, KnownEnd, StoredRow } from '../journal/journal-reader.ts';
import { onceKey } from '../journal/once-key.ts';
import type { Damage, VerifyProgress, VerifyResult } from '../protocol/answers.ts';
import { damagesMax } from '../protocol/limits.ts';
import { LoopSlice } from './loop-slice.ts';
import { KeptSegments, segmentDamage } from './verify-segments.ts';

/** So many environments are remembered: those found in the store, and those of which something looks wrong. */
const environmentsRemembered = 10_000;
/** How often it is told how far the check has come. */
const toldEveryMs = 100;

/**
 * Checks a journal against itself and against the tasks' files: the whole hash chain, every environment against its
 * hash, every segment against its check-sum. It only reads, in slices that leave the event loop to others, and needs no
 * daemon: what is appended meanwhile is left for the next time.
 * @param known where the journal ends, as something else remembers it; null where nothing does.
 */
export async function* verifyJournal({
  reader,
  taskFolder,
  known,
  signal,
}: {
  readonly reader: JournalReader;
  readonly taskFolder: (task: TaskId) => string;
  readonly known: KnownEnd | null;
  readonly signal: AbortSignal;
}): AsyncGenerator<VerifyProgress, VerifyResult, void> {
  const { first, last: through } = reader.ends() ?? { first: 1, last: 0 };
  const slice = new LoopSlice();
  const news = new News();
  const walk = new ChainWalk({ known, breaksMax: damagesMax });
  const facts = new Facts(reader, await changedEnvironments(reader, { slice, signal }));
  const progress = (segments: number, segmentsTotal: number): VerifyProgress => {
    return { events: walk.events, eventsTotal: Math.max(through, walk.events), segments, segmentsTotal };
  };
  for (let after = Math.min(0, first - 1); after < through;) {
    after = reader.walk({ after, through }, (row) => {
      facts.take(row, { holds: walk.take(row) });
      return !slice.isOver;
    });
    if (news.isDue()) yield progress(0, facts.segments.all.length);
    await slice.breathe(signal);
  }
  const damages: Damage[] = chainDamages(walk, { reader, known }).map((damage) => ({ ...damage, file: null }));
  damages.push(...facts.damages);
  const kept = facts.segments.all;
  for (const [place, segment] of kept.entries()) {
    signal.throwIfAborted();
    const damage = await segmentDamage(segment, { taskFolder, signal });
    const { task, stream, from } = segment;
    // Taken by retention just now: the journal says so before the file goes.
    if (damage !== null && !reader.hasOnce(`LogSegmentPruned:${task}:${stream}:${from}`)) damages.push(damage);
    if (news.isDue() || place + 1 === kept.length) yield progress(place + 1, kept.length);
  }
  if (kept.length === 0) yield progress(0, 0);
  damages.push(...facts.environmentDamages());
  return {
    events: walk.events,
    segments: kept.length,
    head: walk.lastHash,
    damages: damages.slice(0, damagesMax),
  };
}

/** Progress is told now and then: each item is a way to the reader and back, which would cost more than the check. */
class News {
  #toldAt = performance.now();

  isDue(): boolean {
    const now = performance.now();
    if (now - this.#toldAt < toldEveryMs) return false;
    this.#toldAt = now;
    return true;
  }
}

/** What the events say that can be compared with something else than the chain. */
class Facts {
  readonly segments = new KeptSegments();
  readonly damages: Damage[] = [];
  readonly #reader: JournalReader;
  readonly #changed: ReadonlySet<string>;
  /** Who was given an environment that is not what it was, or that is not there: the first such event. */
  readonly #given = new Map<string, { readonly seq: number; readonly task: number }>();
  readonly #redacted = new Set<string>();
  readonly #present = new Set<string>();
  #lastSeq = 0;

  constructor(reader: JournalReader, changed: ReadonlySet<string>) {
    this.#reader = reader;
    this.#changed = changed;
  }

  take(row: StoredRow, { holds }: { readonly holds: boolean }): void {
    const [seq, , type, task, , , , , once] = row;
    this.#lastSeq = seq;
    if (!holds) return;
    const event = readEvent(row);
    if (event === null) {
      this.#note({ seq, task, message: `event ${seq} cannot be read: what it holds is none of ghost's` });
      return;
    }
    if (onceKey(event) !== once) {
      const message = `the key of event ${seq} (${type}), by which a fact is recorded once, was changed`;
      this.#note({ seq, task, message });
    }
    this.segments.take(event);
    if (event.type === 'EnvironmentRedacted') for (const hash of event.data.environments) this.#redacted.add(hash);
    if (event.type === 'TaskSubmitted') this.#takeEnvironment(event.data.environmentHash, { seq, task: event.task });
  }

  /** After everything else, since a redaction that was made meanwhile explains what looked like damage. */
  environmentDamages(): readonly Damage[] {
    this.#reader.walk({ after: this.#lastSeq, through: Number.MAX_SAFE_INTEGER }, (row) => {
      const event = row[2] === 'EnvironmentRedacted' ? readEvent(row) : null;
      if (event?.type === 'EnvironmentRedacted') for (const hash of event.data.environments) this.#redacted.add(hash);
      return true;
    });
    const ofNobody = [...this.#changed].filter((hash) => !this.#given.has(hash)).map((hash) => [hash, null] as const);
    return [...this.#given, ...ofNobody]
      .filter(([hash]) => !this.#redacted.has(hash))
      .map(([hash, given]) => {
        const whose =
          given === null ? `an environment that no task was given` : `the environment of task ${given.task}`;
        const place = { seq: given?.seq ?? null, task: given?.task ?? null, file: null };
        return this.#changed.has(hash)
          ? { ...place, kind: 'environment-changed', message: `${whose} was changed (${hash.slice(0, 12)}…)` }
          : { ...place, kind: 'environment-missing', message: `${whose} is missing (${hash.slice(0, 12)}…)` };
      });
  }

  #note(damage: Pick<Damage, 'seq' | 'task' | 'message'>): void {
    if (this.damages.length < damagesMax) this.damages.push({ kind: 'event-changed', file: null, ...damage });
  }

  #takeEnvironment(hash: string, given: { readonly seq: number; readonly task: number }): void {
    if (this.#present.has(hash) || this.#given.has(hash)) return;
    if (this.#changed.has(hash) || !this.#reader.hasEnvironment(hash)) {
      if (this.#given.size < environmentsRemembered) this.#given.set(hash, given);
      return;
    }
    if (this.#present.size >= environmentsRemembered) this.#present.clear();
    this.#present.add(hash);
  }
}

/** The hashes of the environments whose text is another one by now. */
async function changedEnvironments(
  reader: JournalReader,
  { slice, signal }: { slice: LoopSlice; signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>();
  for (let after: string | null = ''; after !== null;) {
    let last: string | null = null;
    reader.walkEnvironments({ after }, (hash, text) => {
      last = hash;
      if (digest('sha256', text, 'hex') !== hash) changed.add(hash);
      return !slice.isOver;
    });
    after = last;
    await slice.breathe(signal);
  }
  return changed;
}

/**
 * The event of a row, or null where it holds something else: a chain that somebody forged may.
 * @throws GhostError `journal-newer`.
 */
function readEvent(row: StoredRow): JournalEvent | null {
  const [seq, at, type, task, v, , data, hash] = row;
  try {
    // Who did it is in the chain and nothing else is compared with it: to read it would be half of all reading.
    const event = decodeEvent([seq, at, type, task, v, 'null', data, hash]);
    return typeof event.data === 'object' && event.data !== null ? event : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
