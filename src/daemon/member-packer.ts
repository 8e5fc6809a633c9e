import { type Gzip, type ZlibReset, constants, crc32, createGzip } from 'node:zlib';

/** What zlib is given room for at once, and what may wait to be read: all of a member, also of what does not compress. */
const chunkBytes = 66 * 1024;
const waitingBytesMax = 4 * chunkBytes;
/** Where a member ends: CRC-32 and length of what is in it, each 4 bytes, little-endian (RFC 1952). */
const trailerBytes = 8;

/**
 * Makes gzip members, one after the other, off the event loop. All are made with one context of zlib's: it takes a
 * quarter of a megabyte, which with one for each member is free again only at some later collection, so that a daemon
 * that had compressed for long held 70 MB of them.
 */
class MemberPacker {
  readonly #gzip: Gzip & ZlibReset;
  #fail: (error: Error) => void = () => undefined;

  constructor(level: number) {
    // Node passes the second on to the stream, which its types do not say.
    const options = { level, chunkSize: chunkBytes, readableHighWaterMark: waitingBytesMax };
    const gzip = createGzip(options);
    if (!canReset(gzip)) throw new Error('this Node cannot use a context of zlib again');
    this.#gzip = gzip;
    this.#gzip.on('error', (error) => {
      this.#fail(error);
    });
  }

  /** Packs one member, of at most 64 KiB. Not to be called again before it has settled, nor after it has failed. */
  async pack(raw: Buffer): Promise<Buffer> {
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#gzip.write(raw);
      this.#gzip.flush(constants.Z_FINISH, resolve);
    });
    const pieces: Buffer[] = [];
    for (let piece: unknown = this.#gzip.read(); piece instanceof Buffer; piece = this.#gzip.read()) pieces.push(piece);
    const packed = Buffer.concat(pieces);
    const end = packed.length - trailerBytes;
    // The output is about to be given back where it came from: that this is all of it is not taken on trust.
    if (end < 0 || packed.readUInt32LE(end) !== crc32(raw) || packed.readUInt32LE(end + 4) !== raw.length) {
      throw new Error('a part of a log was not compressed whole');
    }
    this.#gzip.reset();
    return packed;
  }

  close(): void {
    this.#gzip.close();
  }
}

/** Node has it for every kind of zlib stream, its types only for some. */
function canReset(gzip: Gzip): gzip is Gzip & ZlibReset {
  return 'reset' in gzip;
}

/** Those that nobody packs with now, by their level. */
const idle = new Map<number, MemberPacker[]>();

/** Does some work with a packer of its own; one that failed in it is not used again. */
export async function withPacker<T>(
  level: number,
  work: (pack: (raw: Buffer) => Promise<Buffer>) => Promise<T>,
): Promise<T> {
  const free = idle.get(level) ?? [];
  idle.set(level, free);
  const packer = free.pop() ?? new MemberPacker(level);
  try {
    const result = await work((raw) => packer.pack(raw));
    free.push(packer);
    return result;
  } catch (error) {
    packer.close();
    throw error;
  }
}
