import { isAscii } from 'node:buffer';

import { inTime, TookTooLong } from './in-time.ts';
import { hasShortLines, openEnds } from './pattern-cost.ts';
import { patternTooSlow, refusedPattern } from './refused-pattern.ts';
import { blockPattern } from './search-pattern.ts';

/** Where a line lies in its block, without its newline. */
interface LineRange {
  readonly from: number;
  readonly to: number;
}

interface BlockSearch {
  readonly pattern: RegExp;
  readonly reads: 'bytes' | 'text';
  readonly needed: string;
}

const newline = 0x0a;

/** How long a pattern may take over one block, or one line, in milliseconds. */
export const searchMsMax = 10_000;

/**
 * A regular expression of JavaScript, looked for in lines of bytes. What a line holds is read as UTF-8, what is none of
 * it as U+FFFD; `.` is any character; `^` and `$` are the line's ends. Unicode classes (`\p{Lu}`) are understood.
 *
 * It runs in the process of whoever typed it: the daemon never sees a pattern. One that takes for ever over a block
 * (`(a+)+$`) is refused when its time is over.
 */
export class LineSearch {
  readonly #line: RegExp;
  readonly #block: BlockSearch | null;
  readonly #openEnds: number;
  readonly #msMax: number;

  /**
   * @param options.msMax what a block may take.
   * @throws GhostError `usage` for what is no regular expression, with the place and the reason.
   */
  constructor(
    pattern: string,
    { ignoreCase = false, msMax = searchMsMax }: { readonly ignoreCase?: boolean; readonly msMax?: number } = {},
  ) {
    this.#openEnds = openEnds(pattern);
    this.#msMax = msMax;
    this.#line = compile(pattern, { ignoreCase });
    this.#block = blockSearchFor(this.#line);
  }

  /** What a line is tried with: what it matches there was found. */
  get pattern(): RegExp {
    return this.#line;
  }

  /**
   * The lines of a block that match, in their order. The block is whole lines; the last newline may be missing.
   * @throws GhostError `usage` where that takes too long.
   */
  linesIn(block: Uint8Array): readonly LineRange[] {
    const bytes = bufferOf(block);
    // Most blocks hold nothing that is looked for. It is no regular expression that tells, and so needs no guard.
    if (this.#block !== null && !bytes.includes(this.#block.needed)) return [];
    if (this.#openEnds === 0 || (this.#openEnds === 1 && hasShortLines(bytes))) return this.#linesIn(bytes);
    try {
      return inTime(() => this.#linesIn(bytes), { limitMs: this.#msMax });
    } catch (error) {
      if (error instanceof TookTooLong) throw patternTooSlow(this.#line.source, { limitMs: this.#msMax });
      throw error;
    }
  }

  #linesIn(bytes: Buffer): readonly LineRange[] {
    if (this.#block === null) return this.#everyLine(bytes);
    const { pattern, reads } = this.#block;
    if (reads === 'bytes' || isAscii(bytes)) return this.#found(bytes, pattern);
    // Places in decoded text are no places in the bytes. Most blocks hold nothing that is looked for, and are done.
    pattern.lastIndex = 0;
    return pattern.test(bytes.toString()) ? this.#everyLine(bytes) : [];
  }

  #found(bytes: Buffer, pattern: RegExp): readonly LineRange[] {
    const text = bytes.toString('latin1');
    const ranges: LineRange[] = [];
    for (let next = 0; next < text.length;) {
      pattern.lastIndex = next;
      const found = pattern.exec(text);
      if (found === null) break;
      const range = lineAround(text, found.index);
      // Past the last newline there is no line, though a pattern may match nothing there.
      if (range.from === text.length) break;
      if (this.#isHit(bytes, range)) ranges.push(range);
      // Wherever the match ends, the next line is looked at from its beginning, so that no match hides another.
      next = range.to + 1;
    }
    return ranges;
  }

  #everyLine(bytes: Buffer): readonly LineRange[] {
    const ranges: LineRange[] = [];
    for (let from = 0; from < bytes.length;) {
      const end = bytes.indexOf(newline, from);
      const range = { from, to: end === -1 ? bytes.length : end };
      if (this.#isHit(bytes, range)) ranges.push(range);
      from = range.to + 1;
    }
    return ranges;
  }

  #isHit(bytes: Buffer, range: LineRange): boolean {
    return this.#line.test(textOf(bytes, range));
  }
}

/** The line that the character at a place belongs to; a newline belongs to the line that it ends. */
function lineAround(text: string, place: number): LineRange {
  const end = text.indexOf('\n', place);
  // A place before the first is taken for the first.
  const before = place === 0 ? -1 : text.lastIndexOf('\n', place - 1);
  return { from: before + 1, to: end === -1 ? text.length : end };
}

/**
 * With `s`, since a line of a progress bar holds carriage returns. With `u` where more than ASCII is asked for: then a
 * character is one, whatever its length. Not always, because `u` refuses what people are used to, such as `\-`.
 */
function compile(pattern: string, { ignoreCase }: { readonly ignoreCase: boolean }): RegExp {
  const flags = ignoreCase ? 'is' : 's';
  const namesCharacters = /\\[pP]\{|\\u\{/.test(pattern);
  if (namesCharacters || /\P{ASCII}/u.test(pattern)) {
    const compiled = tryToCompile(pattern, `${flags}u`);
    // Without `u`, `\p{Lu}` would silently be something else.
    if (compiled instanceof RegExp || namesCharacters) return orRefused(pattern, compiled);
  }
  return orRefused(pattern, tryToCompile(pattern, flags));
}

function tryToCompile(pattern: string, flags: string): RegExp | SyntaxError {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

function orRefused(pattern: string, compiled: RegExp | SyntaxError): RegExp {
  if (compiled instanceof RegExp) return compiled;
  throw refusedPattern(pattern, compiled);
}

function blockSearchFor({ source, flags }: RegExp): BlockSearch | null {
  const kept = flags.replace('s', '');
  const block = blockPattern(source, kept);
  if (block === null) return null;
  const reads = block.bytes === null ? 'text' : 'bytes';
  return { pattern: new RegExp(block.bytes ?? block.text, `gm${kept}`), reads, needed: block.needed };
}

function textOf(line: Uint8Array, { from, to }: LineRange): string {
  return bufferOf(line).toString('utf8', from, to);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
