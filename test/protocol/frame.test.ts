import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';

import { encodeFrame, encodeLooseItem, FrameDecoder, isLooseItem, looseBytesMin } from '../../src/protocol/frame.ts';
import { messageDepthMax } from '../../src/protocol/limits.ts';

const bytesMax = 1_000;

describe('encoding a frame', () => {
  it('puts the length of the body before it, in four bytes, the highest first', () => {
    expect(encodeFrame({ a: 1 }, { bytesMax }).toString('hex')).toBe('0000000481a16101');
  });

  it('takes a body of exactly the limit and refuses one byte more', () => {
    const ofBytes = (bytes: number): Buffer => encodeFrame('x'.repeat(bytes - 3), { bytesMax });
    expect(ofBytes(bytesMax)).toHaveLength(4 + bytesMax);
    expect(() => ofBytes(bytesMax + 1)).toThrow(expect.objectContaining({ code: 'request-too-large' }));
    expect(() => ofBytes(bytesMax + 1)).toThrow(/1001 bytes.*1000/);
  });

  it('gives the bytes of an item as they are from so many on, and the frame is the same', () => {
    const item = (bytes: number) => ({
      kind: 'item',
      id: 1,
      item: { stream: 'stdout', data: Buffer.alloc(bytes, 'x') },
    });
    expect([looseBytesMin - 1, looseBytesMin].map((bytes) => isLooseItem(item(bytes)))).toEqual([false, true]);
    const message = item(looseBytesMin);
    if (!isLooseItem(message)) throw new Error('it is one');
    const [head, data] = encodeLooseItem(message, { bytesMax: 2 * looseBytesMin });
    expect(data).toBe(message.item.data);
    const decoded = [
      ...new FrameDecoder({ bytesMax: 2 * looseBytesMin, from: 'anybody' }).push(Buffer.concat([head, data])),
    ];
    expect(decoded).toEqual([message]);
    // To the byte, as with any other frame.
    const body = head.length + data.length - 4;
    expect(encodeLooseItem(message, { bytesMax: body })).toHaveLength(2);
    expect(() => encodeLooseItem(message, { bytesMax: body - 1 })).toThrow(
      expect.objectContaining({ code: 'request-too-large' }),
    );
  });

  it.each([
    ['a date', new Date()],
    ['a number that is not finite', Number.NaN],
    ['half a surrogate pair', '\uD800'],
    ['undefined', { a: undefined }],
    ['a bigint that no double holds', 2n ** 60n],
    ['nesting that is too deep', nested(messageDepthMax + 1)],
    ['a cycle', cycle()],
  ])('refuses to send %s', (_what, message) => {
    const encode = (): Buffer => encodeFrame(message, { bytesMax: 1_000_000 });
    expect(encode).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it('still works after something could not be sent', () => {
    expect(() => encodeFrame(cycle(), { bytesMax })).toThrow();
    expect(decode([encodeFrame({ fine: true }, { bytesMax })])).toEqual([{ fine: true }]);
  });
});

describe('decoding frames', () => {
  it('refuses a body over the limit when its header has come, before the body', () => {
    const decoder = new FrameDecoder({ bytesMax, from: 'anybody' });
    const header = Buffer.from([0, 0, 0x03, 0xe9]);
    expect(() => [...decoder.push(header)]).toThrow(expect.objectContaining({ code: 'request-too-large' }));
  });

  it('takes a body of exactly the limit', () => {
    expect(decode([encodeFrame('x'.repeat(bytesMax - 3), { bytesMax })])).toHaveLength(1);
  });

  it('refuses a frame without a body', () => {
    expect(() => decode([Buffer.alloc(4)])).toThrow(expect.objectContaining({ code: 'protocol-violation' }));
  });

  it('gives out what came before the part that is wrong', () => {
    const decoder = new FrameDecoder({ bytesMax, from: 'anybody' });
    const messages = decoder.push(Buffer.concat([encodeFrame('good', { bytesMax }), frameOf([0xc1])]));
    expect(messages.next()).toEqual({ done: false, value: 'good' });
    expect(() => messages.next()).toThrow(expect.objectContaining({ code: 'protocol-violation' }));
  });

  it('knows whether the bytes end inside a frame', () => {
    const decoder = new FrameDecoder({ bytesMax, from: 'anybody' });
    const frame = encodeFrame('half', { bytesMax });
    expect([...decoder.push(frame.subarray(0, 6))]).toEqual([]);
    expect(decoder.isInsideFrame).toBe(true);
    expect([...decoder.push(frame.subarray(6))]).toEqual(['half']);
    expect(decoder.isInsideFrame).toBe(false);
  });

  it('copies byte strings out of the memory that they came in', () => {
    const frame = encodeFrame({ data: Buffer.from('before') }, { bytesMax });
    const [message] = decode([frame]);
    frame.fill(0);
    expect(message).toEqual({ data: Buffer.from('before') });
  });

  it('takes nesting of exactly the limit and refuses one more', () => {
    const exotic = new Packr({ useRecords: false });
    expect(decode([frameOf(exotic.pack(nested(messageDepthMax)))])).toHaveLength(1);
    expect(() => decode([frameOf(exotic.pack(nested(messageDepthMax + 1)))])).toThrow(/more than 16 deep/);
  });

  it('refuses nesting of half a million levels without running out of stack', () => {
    expect(() => decode([frameOf(Buffer.alloc(500_000, 0x91))], 1_000_000)).toThrow(/more than 16 deep/);
  });

  it('takes the largest whole numbers of other encoders that a double holds, and no larger ones', () => {
    expect(decode([frameOf(hex('cf001fffffffffffff'))])).toEqual([Number.MAX_SAFE_INTEGER]);
    expect(decode([frameOf(hex('d3ffe0000000000001'))])).toEqual([Number.MIN_SAFE_INTEGER]);
    expect(() => decode([frameOf(hex('cf0020000000000000'))])).toThrow(/double/);
  });

  const exotic = new Packr({ useRecords: true, moreTypes: true, structuredClone: true });
  it.each<[string, Uint8Array]>([
    ['a record definition', exotic.pack({ kind: 'hello', protocol: 1 })],
    ['a regular expression', exotic.pack(/(a+)+$/)],
    ['a set', exotic.pack(new Set([1]))],
    ['a typed array', exotic.pack(new Float64Array([1]))],
    ['an error', exotic.pack(new Error('x'))],
    ['a date', exotic.pack(new Date(0))],
    ['a bigint', exotic.pack(2n ** 62n)],
    ['undefined', exotic.pack(undefined)],
    ['the byte that is never used', hex('c1')],
    ['a map with a key that is a number', hex('810102')],
    ['a map with a key that is an array', hex('819001')],
    ['infinity', hex('cb7ff0000000000000')],
    ['not a number, in four bytes', hex('ca7fc00000')],
    ['text that is not UTF-8', hex('a2c328')],
    ['half a surrogate pair in text', hex('a3eda080')],
    ['an array that is longer than the frame', hex('ddffffffff')],
    ['a map that is longer than the frame', hex('dfffffffff')],
    ['text that is longer than the frame', hex('dbffffffff41')],
    ['a message that breaks off', hex('93c0c0')],
    ['bytes after the message', hex('c0c0')],
  ])('refuses %s', (_what, body) => {
    expect(() => decode([frameOf(body)])).toThrow(expect.objectContaining({ code: 'protocol-violation' }));
  });

  it('refuses what is no message from the daemon too', () => {
    const decoder = new FrameDecoder({ bytesMax, from: 'daemon' });
    expect(() => [...decoder.push(frameOf(hex('93c0c0')))]).toThrow(
      expect.objectContaining({ code: 'protocol-violation' }),
    );
  });

  it('does not let a key reach the prototype', () => {
    const [message] = decode([frameOf(Buffer.concat([hex('81a9'), Buffer.from('__proto__'), hex('81a16101')]))]);
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});

function decode(chunks: readonly Buffer[], limit = bytesMax): unknown[] {
  const decoder = new FrameDecoder({ bytesMax: limit, from: 'anybody' });
  return chunks.flatMap((chunk) => [...decoder.push(chunk)]);
}

function frameOf(body: ArrayLike<number>): Buffer {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(body.length);
  frame.set(body, 4);
  return frame;
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function nested(depth: number): unknown {
  let value: unknown = null;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function cycle(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}
