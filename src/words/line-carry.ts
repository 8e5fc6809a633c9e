/** The longest line that is waited for, in bytes. What is longer is given in pieces of about this size. */
export const lineBytesMax = 1024 * 1024;

const newline = 0x0a;

/**
 * Cuts the chunks of one stream where a line ends, and keeps what is left over for the next one. It works on bytes, and
 * the byte of a newline is never part of a longer character in UTF-8, so that a character across the border of two
 * chunks stays whole.
 */
export class BlockCarry {
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /**
   * All lines that are complete with this chunk, with their newlines, in blocks of whole lines: the one that had begun
   * before, and the rest as it lies in the chunk, so that a long log is not copied to be looked at.
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const end = chunk.lastIndexOf(newline) + 1;
    const rest = chunk.subarray(end);
    if (end === 0) {
      this.#hold(rest);
      return this.#heldBytes >= lineBytesMax ? [this.end()] : [];
    }
    const first = this.#heldBytes === 0 ? 0 : chunk.indexOf(newline) + 1;
    const blocks = [this.#take(chunk.subarray(0, first)), chunk.subarray(first, end)];
    this.#hold(rest);
    if (this.#heldBytes >= lineBytesMax) blocks.push(this.end());
    return blocks.filter(({ length }) => length > 0);
  }

  /** What is left when the stream has ended or something of it is missing: an unfinished line, or nothing. */
  end(): Uint8Array {
    return this.#take(new Uint8Array());
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #take(bytes: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) return bytes;
    const block = Buffer.concat([...this.#held, bytes]);
    this.#held = [];
    this.#heldBytes = 0;
    return block;
  }
}

/** Cuts the chunks of one stream into lines. */
export class LineCarry {
  readonly #blocks = new BlockCarry();

  /** The lines that this chunk completes, without their newlines. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    return this.#blocks.push(chunk).flatMap(linesOf);
  }

  /** What is left when the stream has ended: one unfinished line, or none. */
  end(): readonly Uint8Array[] {
    return linesOf(this.#blocks.end());
  }
}

/** The lines of a block, without their newlines; the last one need not have one. */
export function linesOf(block: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = block.indexOf(newline); end !== -1; end = block.indexOf(newline, start)) {
    lines.push(block.subarray(start, end));
    start = end + 1;
  }
  if (start < block.length) lines.push(block.subarray(start));
  return lines;
}

/** The last lines of a block, at most so many, found from its end: what lies before them is not looked at. */
export function lastLinesOf(block: Uint8Array, count: number): readonly Uint8Array[] {
  if (count === 0 || block.length === 0) return [];
  // The newline that ends the block begins no line.
  let from = block.length - 1;
  for (let left = count; left > 0; left -= 1) {
    const before = from === 0 ? -1 : block.lastIndexOf(newline, from - 1);
    if (before === -1) return linesOf(block);
    from = before;
  }
  return linesOf(block.subarray(from + 1));
}
