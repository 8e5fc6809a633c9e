import { isUtf8 } from 'node:buffer';

import { messageDepthMax } from './limits.ts';

/**
 * Reads the bytes of a message without making anything of them, and says what in them is not plain, or null. Plain
 * are null, booleans, finite numbers that a double holds exactly, valid UTF-8 text, byte strings, arrays, and maps
 * whose keys are text.
 *
 * It runs before the unpacker because afterwards it is too late: a record definition compiles a function and comes out
 * as an ordinary object, a regular expression is already built, text that is not UTF-8 is already replaced, and a
 * nesting that is too deep has already overflowed the stack.
 */
export function flawOf(body: Buffer): string | null {
  const scan = new Scan(body);
  try {
    scan.value(0);
  } catch (error) {
    if (error instanceof Flaw) return error.message;
    throw error;
  }
  return scan.at === body.length ? null : `${body.length - scan.at} bytes follow its end`;
}

class Flaw extends Error {}

/** Where the scan is. The formats are those of the MessagePack specification. */
class Scan {
  at = 0;
  readonly #body: Buffer;

  constructor(body: Buffer) {
    this.#body = body;
  }

  value(depth: number): void {
    const format = this.#byte();
    if (format <= 0x7f || format >= 0xe0) return;
    if (format <= 0x8f) return this.#map({ entries: format & 0x0f, depth });
    if (format <= 0x9f) return this.#array({ items: format & 0x0f, depth });
    if (format <= 0xbf) return this.#text(format & 0x1f);
    switch (format) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
        return this.#skip(this.#byte());
      case 0xc5:
        return this.#skip(this.#uint16());
      case 0xc6:
        return this.#skip(this.#uint32());
      case 0xca:
        return this.#number(this.#body.readFloatBE(this.#take(4)));
      case 0xcb:
        return this.#number(this.#body.readDoubleBE(this.#take(8)));
      case 0xcc:
      case 0xd0:
        return this.#skip(1);
      case 0xcd:
      case 0xd1:
        return this.#skip(2);
      case 0xce:
      case 0xd2:
        return this.#skip(4);
      case 0xcf:
        return this.#integer(this.#body.readBigUInt64BE(this.#take(8)));
      case 0xd3:
        return this.#integer(this.#body.readBigInt64BE(this.#take(8)));
      case 0xd9:
        return this.#text(this.#byte());
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#array({ items: this.#uint16(), depth });
      case 0xdd:
        return this.#array({ items: this.#uint32(), depth });
      case 0xde:
        return this.#map({ entries: this.#uint16(), depth });
      case 0xdf:
        return this.#map({ entries: this.#uint32(), depth });
      default:
        // 0xc1, which is never used, and the extensions.
        throw new Flaw(`the format 0x${format.toString(16)} is not allowed in it`);
    }
  }

  #array({ items, depth }: { items: number; depth: number }): void {
    this.#enter({ depth, bytes: items });
    for (let item = 0; item < items; item++) this.value(depth + 1);
  }

  #map({ entries, depth }: { entries: number; depth: number }): void {
    this.#enter({ depth, bytes: entries * 2 });
    for (let entry = 0; entry < entries; entry++) {
      this.#key();
      this.value(depth + 1);
    }
  }

  #key(): void {
    const format = this.#byte();
    if (format >= 0xa0 && format <= 0xbf) this.#text(format & 0x1f);
    else if (format === 0xd9) this.#text(this.#byte());
    else if (format === 0xda) this.#text(this.#uint16());
    else throw new Flaw('a key of a map is not text');
  }

  /** `bytes` is the least that the contents take: a count that cannot be true is refused before it is walked. */
  #enter({ depth, bytes }: { depth: number; bytes: number }): void {
    if (depth >= messageDepthMax) throw new Flaw(`maps and arrays nest more than ${messageDepthMax} deep`);
    if (bytes > this.#body.length - this.at) throw endsTooEarly();
  }

  #text(bytes: number): void {
    const body = this.#body;
    const start = this.#take(bytes);
    for (let at = start; at < this.at; at++) {
      if ((body[at] ?? 0) < 0x80) continue;
      if (!isUtf8(body.subarray(at, this.at))) throw new Flaw('a text is not valid UTF-8');
      return;
    }
  }

  #number(value: number): void {
    if (!Number.isFinite(value)) throw new Flaw(`the number ${value} is not finite`);
  }

  #integer(value: bigint): void {
    if (!Number.isSafeInteger(Number(value))) throw new Flaw(`the number ${value} is more than a double holds exactly`);
  }

  #byte(): number {
    const byte = this.#body[this.at];
    if (byte === undefined) throw endsTooEarly();
    this.at++;
    return byte;
  }

  #uint16(): number {
    return this.#body.readUInt16BE(this.#take(2));
  }

  #uint32(): number {
    return this.#body.readUInt32BE(this.#take(4));
  }

  #skip(bytes: number): void {
    this.#take(bytes);
  }

  /** Moves past so many bytes and says where they began. */
  #take(bytes: number): number {
    const start = this.at;
    if (bytes > this.#body.length - start) throw endsTooEarly();
    this.at = start + bytes;
    return start;
  }
}

function endsTooEarly(): Flaw {
  return new Flaw('it ends in the middle of a value');
}
