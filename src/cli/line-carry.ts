/** The longest line that is waited for, in bytes. What is longer is given in pieces of about this size. */
export const lineBytesMax = 1024 * 1024;

const newline = 0x0a;

/**
 * Cuts the chunks of one stream into lines. It works on bytes, and the byte of a newline is never part of a longer
 * character in UTF-8, so that a character across the border of two chunks stays whole.
 */
export class LineCarry {
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** The lines that this chunk completes, without their newlines. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      lines.push(this.#take(chunk.subarray(start, end)));
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return this.#heldBytes >= lineBytesMax ? [...lines, ...this.end()] : lines;
  }

  /** What is left when the stream has ended: one unfinished line, or none. */
  end(): readonly Uint8Array[] {
    return this.#heldBytes === 0 ? [] : [this.#take(new Uint8Array())];
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #take(bytes: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) return bytes;
    const line = Buffer.concat([...this.#held, bytes]);
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }
}
