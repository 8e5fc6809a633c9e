import { Packr } from 'msgpackr';

import { GhostError } from '../ghost-error.ts';
import { flawOf } from './plain-message.ts';

/**
 * A frame is the length of its body as an unsigned 32-bit number, big-endian, and then the body: one message in plain
 * MessagePack. This is the one door to msgpackr, which the bundles hold without its native part
 * (scripts/build.mjs).
 *
 * Records and shared structures stay off: two sides whose tables of shapes drift apart cannot read each other any more,
 * and nobody but msgpackr could read them at all. Byte strings are copied out, so that a small value neither changes
 * with nor keeps alive the memory that the socket was read into.
 */
const options = { useRecords: false, variableMapSize: true, int64AsType: 'number' } as const;
const codec = new Packr({ ...options, copyBuffers: true });
/** For a body in memory of its own that came from the daemon: its byte strings are looked at where they lie. */
const lookingCodec = new Packr({ ...options, copyBuffers: false });
/** Where messages are packed before they are copied into frames; without it one large message sets the size of all. */
const scratch = Buffer.allocUnsafeSlow(128 * 1024);

const headerBytes = 4;
const longBytesHeader = 5;
/** A body that comes in pieces gets memory as it comes: a header alone is not paid for. */
const firstBodyBytes = 16 * 1024;

/** From this size on the bytes of a log go out as they are, behind the rest of their message, and are not copied. */
export const looseBytesMin = 4 * 1024;
/** An empty byte string, as it is packed; and the byte that begins one of up to 4 GiB. */
const emptyBytes = [0xc4, 0] as const;
const longBytes = 0xc6;

/**
 * A message as one frame, header included.
 * @param options.bytesMax the most bytes that the body may have.
 * @throws GhostError `request-too-large` with the size and the limit; `invalid-request` where the message holds what
 *   no frame can carry (a Date, a lone surrogate, a cycle, a number that is not finite).
 */
export function encodeFrame(message: unknown, { bytesMax }: { readonly bytesMax: number }): Buffer {
  const body = pack(message);
  refuseTooLarge(body.length, bytesMax);
  const frame = Buffer.allocUnsafe(headerBytes + body.length);
  frame.writeUInt32BE(body.length);
  frame.set(body, headerBytes);
  return frame;
}

/** A part of a log on its way: the `data` of an item, which is most of it. */
interface LooseItem {
  readonly kind: 'item';
  readonly id: number;
  readonly item: { readonly data: Uint8Array };
}

/** Whether a message holds bytes that are worth going out uncopied. */
export function isLooseItem(message: object): message is LooseItem {
  if (!('kind' in message && message.kind === 'item' && 'item' in message)) return false;
  const { item } = message;
  if (typeof item !== 'object' || item === null || !('data' in item)) return false;
  return item.data instanceof Uint8Array && item.data.length >= looseBytesMin;
}

/**
 * The same frame in two pieces, the second of which is the item's `data` itself: it is the last value of the item, and
 * the item the last of the message, so that it may stand behind all the rest.
 * @throws GhostError as `encodeFrame` does.
 */
export function encodeLooseItem(
  { kind, id, item }: LooseItem,
  { bytesMax }: { readonly bytesMax: number },
): readonly [Buffer, Uint8Array] {
  const { data, ...others } = item;
  const rest = pack({ kind, id, item: { ...others, data: new Uint8Array() } });
  const packed = rest.length - emptyBytes.length;
  const body = packed + longBytesHeader + data.length;
  refuseTooLarge(body, bytesMax);
  const head = Buffer.allocUnsafe(headerBytes + packed + longBytesHeader);
  head.writeUInt32BE(body);
  head.set(rest.subarray(0, packed), headerBytes);
  head.writeUInt8(longBytes, headerBytes + packed);
  head.writeUInt32BE(data.length, headerBytes + packed + 1);
  return [head, data];
}

function refuseTooLarge(bytes: number, bytesMax: number): void {
  if (bytes <= bytesMax) return;
  throw new GhostError(
    'request-too-large',
    `the message has ${bytes} bytes; a message may have ${bytesMax} (command line and environment included)`,
    { hint: 'give long input in a file, or a smaller environment' },
  );
}

function pack(message: unknown): Buffer {
  codec.useBuffer(scratch);
  let body;
  try {
    body = codec.pack(message);
  } catch (error) {
    throw new GhostError('invalid-request', 'the message cannot be sent: it cannot be packed', { cause: error });
  }
  const flaw = flawOf(body);
  if (flaw !== null) throw new GhostError('invalid-request', `the message cannot be sent: ${flaw}`);
  return body;
}

/** Makes messages of the chunks of a socket, however they are cut. */
export class FrameDecoder {
  readonly #bytesMax: number;
  readonly #from: 'anybody' | 'daemon';
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  /** The length of the body that is being read, or null between frames. */
  #length: number | null = null;
  #body = Buffer.alloc(0);
  #bodyFilled = 0;

  /**
   * @param options.bytesMax the most bytes of a body; a longer one is refused when its header has come.
   * @param options.from whose bytes they are. What anybody sends is scanned before it is unpacked. The daemon has
   *   scanned what it sends, and reading a list twice in a client's first milliseconds costs as much as connecting.
   */
  constructor({ bytesMax, from }: { readonly bytesMax: number; readonly from: 'anybody' | 'daemon' }) {
    this.#bytesMax = bytesMax;
    this.#from = from;
  }

  /** Whether the bytes so far end in the middle of a frame. */
  get isInsideFrame(): boolean {
    return this.#headerFilled > 0;
  }

  /**
   * The messages that are complete with this chunk. Iterate to the end: what is left over is kept for the next chunk
   * only then. After an error the decoder is of no more use, since nothing tells where the next frame begins.
   * @throws GhostError `protocol-violation`; `request-too-large` for a body over the limit.
   */
  *push(chunk: Buffer): Generator<unknown, void, void> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#length === null) {
        at += this.#fillHeader(chunk.subarray(at));
        continue;
      }
      const missing = this.#length - this.#bodyFilled;
      const piece = chunk.subarray(at, at + missing);
      at += piece.length;
      if (piece.length === this.#length) {
        this.#startOver();
        yield this.#unpack(piece, codec);
      } else {
        this.#append(piece);
        if (piece.length < missing) return;
        const body = this.#body.subarray(0, this.#length);
        this.#startOver();
        yield this.#unpack(body, this.#from === 'daemon' ? lookingCodec : codec);
      }
    }
  }

  #fillHeader(chunk: Buffer): number {
    const copied = chunk.copy(this.#header, this.#headerFilled);
    this.#headerFilled += copied;
    if (this.#headerFilled < headerBytes) return copied;
    const length = this.#header.readUInt32BE();
    if (length === 0) throw new GhostError('protocol-violation', 'a frame without a body came over the socket');
    if (length > this.#bytesMax) {
      throw new GhostError(
        'request-too-large',
        `a frame of ${length} bytes was announced; this side takes at most ${this.#bytesMax}`,
      );
    }
    this.#length = length;
    return copied;
  }

  #append(piece: Buffer): void {
    const needed = this.#bodyFilled + piece.length;
    if (needed > this.#body.length) {
      const roomy = Math.max(firstBodyBytes, this.#body.length * 2, needed);
      const grown = Buffer.allocUnsafe(Math.min(roomy, this.#length ?? needed));
      grown.set(this.#body.subarray(0, this.#bodyFilled));
      this.#body = grown;
    }
    this.#body.set(piece, this.#bodyFilled);
    this.#bodyFilled = needed;
  }

  #startOver(): void {
    this.#headerFilled = 0;
    this.#length = null;
    this.#body = Buffer.alloc(0);
    this.#bodyFilled = 0;
  }

  #unpack(body: Buffer, unpacker: Packr): unknown {
    const flaw = this.#from === 'anybody' ? flawOf(body) : null;
    if (flaw !== null) throw new GhostError('protocol-violation', `${notMessage}: ${flaw}`);
    try {
      return unpacker.unpack(body);
    } catch (error) {
      throw new GhostError('protocol-violation', notMessage, { cause: error });
    }
  }
}

const notMessage = 'what came over the socket is not a message';
