import { requestBytesMax } from '../protocol/limits.ts';
import { byteText } from '../words/byte-text.ts';

/** The longest line of a batch, in bytes without its newline. What is longer could not be one request either. */
export const batchLineBytesMax = requestBytesMax;

/** A line by its number, from 1 on: its text, or why it has none. */
export type BatchLine =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly refusal: string };

const newline = 0x0a;

/**
 * The lines of a batch as they come in; blank ones are counted and left out. It holds one line at most, and of one that
 * is too long nothing. The last line need not have a newline.
 */
export async function* batchLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<BatchLine, void, void> {
  const line = new GrowingLine();
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      line.add(chunk.subarray(start, end));
      start = end + 1;
      yield* line.take();
    }
    line.add(chunk.subarray(start));
  }
  yield* line.take();
}

class GrowingLine {
  #number = 1;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  add(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > batchLineBytesMax) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  /** What has been added since the last call; nothing where that is blank. */
  take(): readonly BatchLine[] {
    const [number, parts, bytes] = [this.#number, this.#parts, this.#bytes];
    this.#number += 1;
    this.#parts = [];
    this.#bytes = 0;
    if (bytes > batchLineBytesMax) {
      return [{ number, refusal: `it is longer than ${byteText(batchLineBytesMax)}, the most that ghost takes` }];
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)).replace(/\r$/, '');
      return text.trim() === '' ? [] : [{ number, text }];
    } catch {
      return [{ number, refusal: 'it is not valid UTF-8, and ghost cannot pass it on byte for byte' }];
    }
  }
}
