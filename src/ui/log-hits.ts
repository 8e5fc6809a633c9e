import type { StreamName } from '../journal/events.ts';
import type { LogChunk } from '../protocol/answers.ts';
import type { LogCursor } from '../protocol/messages.ts';
import { streamNames } from '../stream-names.ts';
import { BlockCarry } from '../words/line-carry.ts';
import { LineSearch } from '../words/line-search.ts';
import { type HeldLine, placeAt } from './log-window.ts';

/** The most hits whose places are remembered, so that `n` finds them. All are counted. */
export const hitsKeptMax = 100_000;

/** How long a part of the log may take to look through, in milliseconds: no key is read meanwhile. */
const screenSearchMsMax = 1_000;

/** A line in which something was found. */
interface Hit {
  readonly stream: StreamName;
  /** Where to read from to have that line first of its stream. */
  readonly start: LogCursor;
}

/** What is looked for in a log, and where it was found. It is filled as the log is read and never read anew. */
export class LogHits {
  readonly search: LineSearch;
  /** In how many lines it was found so far. */
  count = 0;
  /** How much of the log has been looked at, in bytes. */
  bytes = 0;
  /** Everything that there is has been looked at. */
  complete = false;
  readonly #hits: Hit[] = [];
  readonly #carries = { stdout: new BlockCarry(), stderr: new BlockCarry() };
  /** Where the next block of each stream begins. */
  readonly #next = { stdout: 0, stderr: 0 };

  /**
   * Case counts where the pattern has a capital letter.
   * @throws GhostError `usage` for what is no regular expression.
   */
  constructor(text: string) {
    const ignoreCase = !/\p{Lu}/u.test(text.replaceAll(/\\./g, ''));
    this.search = new LineSearch(text, { ignoreCase, msMax: screenSearchMsMax });
  }

  get kept(): number {
    return this.#hits.length;
  }

  hit(which: number): Hit | null {
    return this.#hits[which] ?? null;
  }

  /** Looks through the next chunk of the log. */
  push({ stream, data, missing, cursor }: LogChunk): void {
    this.bytes += data.length;
    if (missing !== null) {
      this.#look(stream, this.#carries[stream].end(), cursor);
      this.#next[stream] = cursor[stream];
      return;
    }
    for (const block of this.#carries[stream].push(data)) this.#look(stream, block, cursor);
  }

  /** The log is at its end for now: its last lines may have no newline. */
  end(cursor: LogCursor): void {
    for (const stream of streamNames) this.#look(stream, this.#carries[stream].end(), cursor);
    this.complete = true;
  }

  /** The first hit after a place in the log, or the last one before it; null where there is none. */
  nearest(place: number, direction: 1 | -1): number | null {
    let low = 0;
    let high = this.#hits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const hit = this.#hits[middle];
      if (hit !== undefined && placeAt(hit.start) < place + (direction === 1 ? 1 : 0)) low = middle + 1;
      else high = middle;
    }
    const found = direction === 1 ? low : low - 1;
    return this.#hits[found] === undefined ? null : found;
  }

  #look(stream: StreamName, block: Uint8Array, cursor: LogCursor): void {
    const from = this.#next[stream];
    this.#next[stream] += block.length;
    if (block.length === 0) return;
    for (const range of this.search.linesIn(block)) {
      this.count += 1;
      if (this.#hits.length < hitsKeptMax) {
        this.#hits.push({ stream, start: { ...cursor, [stream]: from + range.from } });
      }
    }
  }
}

/** Whether a line that is held is the one of a hit. */
export function isHit(line: HeldLine, { stream, start }: Hit): boolean {
  return line.stream === stream && line.start[stream] === start[stream] && line.gone === null;
}
