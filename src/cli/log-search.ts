import type { StreamName } from '../journal/events.ts';
import { lastLinesOf } from '../words/line-carry.ts';
import type { LineSearch } from '../words/line-search.ts';

/** A line of a log, without its newline. */
export interface LogLine {
  readonly stream: StreamName;
  /** When its last byte was seen, in ISO 8601, or null where nobody was there to note it. */
  readonly at: string | null;
  readonly bytes: Uint8Array;
}

/** Whole lines of one stream with their newlines, seen together; the last newline may be missing. */
export type LineBlock = LogLine;

export type FoundLine = HitLine | { readonly kind: 'after'; readonly line: LogLine };

/** A line that matches. */
interface HitLine {
  readonly kind: 'hit';
  /** Lines that are not shown lie between the last one that is and this one's first. */
  readonly afterGap: boolean;
  /** The lines before it that were not shown yet, at most as many as were asked for. */
  readonly before: readonly LogLine[];
  readonly line: LogLine;
}

const newline = 0x0a;

/**
 * Searches a log as it comes, in the order of both streams, and gives the lines that match with so many lines around
 * each. Blocks in which nothing is found are not cut into lines: the last ones are kept, should they lie before a hit.
 */
export class LogSearch {
  readonly #search: LineSearch;
  readonly #context: number;
  /** What the lines before the next hit are taken from, the oldest first. */
  #history: readonly LineBlock[] = [];
  #afterLeft = 0;
  #hasHit = false;
  /** Lines were dropped since the last one that was given. */
  #dropped = false;

  constructor(search: LineSearch, { context }: { readonly context: number }) {
    this.#search = search;
    this.#context = context;
  }

  /** What of the next block, or of earlier ones, is to be shown. */
  push(block: LineBlock): readonly FoundLine[] {
    const found: FoundLine[] = [];
    let next = 0;
    for (const { from, to } of this.#search.linesIn(block.bytes)) {
      this.#pass(part(block, { from: next, to: from }), found);
      found.push(this.#hit(part(block, { from, to })));
      next = to + 1;
    }
    this.#pass(part(block, { from: next, to: block.bytes.length }), found);
    return found;
  }

  #hit(line: LogLine): HitLine {
    const before = this.#takeHistory();
    const hit: HitLine = { kind: 'hit', afterGap: this.#hasHit && this.#dropped && this.#context > 0, before, line };
    this.#hasHit = true;
    this.#dropped = false;
    this.#afterLeft = this.#context;
    return hit;
  }

  /** Lines that do not match: the first may follow a hit, the last may lie before the next one. */
  #pass(block: LineBlock, found: FoundLine[]): void {
    if (this.#context === 0) return;
    const { bytes } = block;
    let from = 0;
    for (; this.#afterLeft > 0 && from < bytes.length; this.#afterLeft -= 1) {
      const end = bytes.indexOf(newline, from);
      const to = end === -1 ? bytes.length : end;
      found.push({ kind: 'after', line: part(block, { from, to }) });
      from = to + 1;
    }
    if (from < bytes.length) this.#remember(part(block, { from, to: bytes.length }));
  }

  #remember(block: LineBlock): void {
    const all = [...this.#history, block];
    let first = all.length;
    for (let left = this.#context; left > 0 && first > 0;) {
      first -= 1;
      left -= lastLinesOf(all[first]?.bytes ?? new Uint8Array(), left).length;
    }
    this.#history = all.slice(first);
    this.#dropped ||= first > 0;
  }

  #takeHistory(): readonly LogLine[] {
    // One more than is shown tells whether there are more.
    const lines = this.#history.flatMap((block) =>
      lastLinesOf(block.bytes, this.#context + 1).map((bytes) => ({ ...block, bytes })),
    );
    this.#history = [];
    this.#dropped ||= lines.length > this.#context;
    return this.#context === 0 ? [] : lines.slice(-this.#context);
  }
}

/** Keeps the last hits with what lies around them, for `-n`. */
export class LastHits {
  readonly #most: number;
  readonly #context: number;
  #kept: { readonly hit: HitLine; readonly after: LogLine[] }[] = [];

  constructor({ most, context }: { readonly most: number; readonly context: number }) {
    this.#most = most;
    this.#context = context;
  }

  push(found: readonly FoundLine[]): void {
    for (const one of found) {
      if (one.kind === 'after') this.#kept.at(-1)?.after.push(one.line);
      else this.#kept.push({ hit: one, after: [] });
      if (this.#kept.length > this.#most) this.#dropFirst();
    }
  }

  /** What was kept, once. */
  take(): readonly FoundLine[] {
    const found = this.#kept.flatMap(({ hit, after }): readonly FoundLine[] => [
      hit,
      ...after.map((line) => ({ kind: 'after' as const, line })),
    ]);
    this.#kept = [];
    return found;
  }

  /** The lines around one that goes may be those before the next. */
  #dropFirst(): void {
    const [gone, first, ...rest] = this.#kept;
    if (gone === undefined || first === undefined) {
      this.#kept = [];
      return;
    }
    const { hit, after } = first;
    const around = [...gone.hit.before, gone.hit.line, ...gone.after, ...hit.before];
    const before = hit.afterGap ? hit.before : this.#context === 0 ? [] : around.slice(-this.#context);
    this.#kept = [{ hit: { ...hit, afterGap: false, before }, after }, ...rest];
  }
}

function part(block: LineBlock, { from, to }: { readonly from: number; readonly to: number }): LogLine {
  return { ...block, bytes: block.bytes.subarray(from, to) };
}
