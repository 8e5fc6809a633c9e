import { chainHash, genesisHash } from './codec.ts';
import type { KnownEnd, StoredRow } from './journal-reader.ts';

/**
 * Follows the hash chain over the rows of a journal in their order, and tells where it does not hold. Each hash is over
 * the one before it and all of its own row, its place included, so that a change is seen at its row, and the rows after
 * it still follow from what is written there. Rows that were put in or taken out with all later ones renumbered would
 * break every later link; that is noticed, and the walk goes on with the places shifted.
 */
export type ChainBreak =
  /** The row does not follow from the one before it. `shift`: how far its place is from the one it was written at. */
  | { readonly kind: 'link'; readonly seq: number; readonly shift: number }
  /** No row is at these places. */
  | { readonly kind: 'gap'; readonly from: number; readonly to: number }
  /** The row at this place was written at another one. */
  | { readonly kind: 'moved'; readonly seq: number; readonly writtenAt: number }
  /** Rows at these places are no part of the chain: what was there before follows without them. */
  | { readonly kind: 'added'; readonly from: number; readonly to: number }
  /** So many rows were taken out before this place, and the later ones renumbered. */
  | { readonly kind: 'closed-gap'; readonly seq: number; readonly count: number };

/** How many rows put in or taken out one after the other are recognised when the rest was renumbered. */
export const shiftMax = 16;

export class ChainWalk {
  readonly #breaks: ChainBreak[] = [];
  readonly #breaksMax: number;
  readonly #known: KnownEnd | null;
  /** The last rows, the newest first: those that a row could have followed before some were put in. */
  #recent: readonly StoredRow[] = [];
  #lastSeq = 0;
  #shift = 0;
  #events = 0;

  constructor({ known, breaksMax }: { known: KnownEnd | null; breaksMax: number }) {
    this.#known = known;
    this.#breaksMax = breaksMax;
  }

  get breaks(): readonly ChainBreak[] {
    return this.#breaks;
  }

  /** The rows so far. */
  get events(): number {
    return this.#events;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get lastHash(): string {
    return this.#hashBefore(0);
  }

  /** Takes the next row. @returns whether it follows from the one before. */
  take(row: StoredRow): boolean {
    this.#events += 1;
    const [seq] = row;
    // Before the first and after the end that was recorded with it nobody but ghost's own append could have put one.
    if (seq < 1 || (this.#known?.isLast === true && seq > this.#known.seq)) {
      this.#note({ kind: 'added', from: seq, to: seq });
      return false;
    }
    const holds = seq === this.#lastSeq + 1 ? this.#follows(row) : this.#afterGap(row);
    this.#recent = [row, ...this.#recent.slice(0, shiftMax)];
    this.#lastSeq = seq;
    return holds;
  }

  #follows(row: StoredRow): boolean {
    const [seq] = row;
    if (this.#fits(row, { previous: this.lastHash, at: seq - this.#shift })) return true;
    if (this.#breaks.length >= this.#breaksMax) return false;
    // Without the rows just before it, which somebody put in.
    for (let added = 1; added <= this.#recent.length; added += 1) {
      const previous = this.#hashBefore(added);
      // A copy of the row that stands there: it is the one that was put in.
      if (row[7] === this.#hashBefore(added - 1)) continue;
      if (!this.#fits(row, { previous, at: seq - this.#shift - added })) continue;
      if (this.#isSwapped(row, added)) break;
      this.#dropLinks({ from: seq - added });
      this.#note({ kind: 'added', from: seq - added, to: seq - 1 });
      this.#shift += added;
      return true;
    }
    // The row before it was the first one after some that somebody took out.
    const before = this.#breaks.at(-1);
    if (before?.kind === 'link' && before.seq === seq - 1) {
      for (let gone = 1; gone <= shiftMax; gone += 1) {
        if (!this.#fits(row, { previous: this.lastHash, at: seq - this.#shift + gone })) continue;
        this.#dropLinks({ from: before.seq });
        this.#note({ kind: 'closed-gap', seq: before.seq, count: gone });
        this.#shift -= gone;
        return true;
      }
    }
    this.#note({ kind: 'link', seq, shift: this.#shift });
    return false;
  }

  #afterGap(row: StoredRow): boolean {
    const [seq] = row;
    const due = this.#lastSeq + 1;
    if (this.#fits(row, { previous: this.lastHash, at: due - this.#shift })) {
      this.#note({ kind: 'moved', seq, writtenAt: due - this.#shift });
      this.#shift += seq - due;
      return true;
    }
    // What came before is gone, so that this one has to be taken as it is; the next one follows from it.
    this.#note({ kind: 'gap', from: due, to: seq - 1 });
    return true;
  }

  /** The hash that comes before the newest so many rows. */
  #hashBefore(count: number): string {
    return this.#recent[count]?.[7] ?? genesisHash;
  }

  /** Whether the row fits so many places before its own because it changed places with the one that stands there. */
  #isSwapped(row: StoredRow, distance: number): boolean {
    const [seq] = row;
    const other = this.#recent[distance - 1];
    const previous = distance === 1 ? row[7] : this.lastHash;
    return other !== undefined && this.#fits(other, { previous, at: seq - this.#shift });
  }

  #fits([, at, type, task, v, actor, data, hash]: StoredRow, place: { previous: string; at: number }): boolean {
    return chainHash(place.previous, { seq: place.at, at, type, task, v, actor, data }) === hash;
  }

  #dropLinks({ from }: { from: number }): void {
    while (this.#breaks.at(-1)?.kind === 'link') {
      const last = this.#breaks.at(-1);
      if (last?.kind !== 'link' || last.seq < from) return;
      this.#breaks.pop();
    }
  }

  #note(one: ChainBreak): void {
    const before = this.#breaks.at(-1);
    if (one.kind === 'added' && before?.kind === 'added' && before.to === one.from - 1) {
      this.#breaks[this.#breaks.length - 1] = { ...before, to: one.to };
    } else if (this.#breaks.length < this.#breaksMax) this.#breaks.push(one);
  }
}
