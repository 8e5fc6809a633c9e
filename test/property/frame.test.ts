import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import { encodeFrame, FrameDecoder } from '../../src/protocol/frame.ts';
import { frameBytesMax } from '../../src/protocol/limits.ts';

const bytesMax = frameBytesMax;

/** Everything that a message may hold. -0 has no integer of its own, and `__proto__` is renamed on purpose. */
const { plain } = fc.letrec<{ plain: unknown }>((tie) => ({
  plain: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('plain'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ unit: 'binary', maxLength: 20 }).filter((key) => key !== '__proto__'),
      tie('plain'),
      { noNullPrototype: true, maxKeys: 20 },
    ),
  ),
}));

describe('a frame', () => {
  it('gives back the message that went in', () => {
    fc.assert(
      fc.property(plain, (message) => {
        expect(decode([encodeFrame(message, { bytesMax })])).toEqual([message]);
      }),
      { numRuns: 500 },
    );
  });

  it('comes out whole, however the bytes are cut and glued', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 8 }), cuts, (messages, places) => {
        const bytes = Buffer.concat(messages.map((message) => encodeFrame(message, { bytesMax })));
        expect(decode(cut(bytes, places))).toEqual(messages);
      }),
      { numRuns: 500 },
    );
  });

  it('comes out whole when it arrives byte by byte', () => {
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 3 }), (messages) => {
        const bytes = Buffer.concat(messages.map((message) => encodeFrame(message, { bytesMax })));
        expect(decode([...bytes].map((byte) => Buffer.from([byte])))).toEqual(messages);
      }),
      { numRuns: 50 },
    );
  });

  it('of 50,000 random bodies is read as something plain or refused, and nothing else', () => {
    const outcomes = [...noise(20_000), ...damagedMessages(30_000)].map(outcomeOf);
    const taken = outcomes.filter((outcome) => outcome !== 'refused');
    expect(outcomes).toHaveLength(50_000);
    expect(taken.filter(({ value }) => !isPlain(value))).toEqual([]);
    expect(taken.length).toBeGreaterThan(1_000);
    expect(outcomes.length - taken.length).toBeGreaterThan(1_000);
  });
});

function decode(chunks: readonly Buffer[]): unknown[] {
  const decoder = new FrameDecoder({ bytesMax, from: 'anybody' });
  const messages = chunks.flatMap((chunk) => [...decoder.push(chunk)]);
  expect(decoder.isInsideFrame).toBe(false);
  return messages;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...places.map((place) => place % bytes.length), bytes.length])].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function noise(count: number): Buffer[] {
  return fc
    .sample(fc.uint8Array({ minLength: 1, maxLength: 80 }), { numRuns: count, seed: 1 })
    .map((bytes) => Buffer.from(bytes));
}

/** Real messages, some of them of the kinds that are not allowed, with a few bytes changed. */
function damagedMessages(count: number): Buffer[] {
  const exotic = new Packr({ useRecords: true, moreTypes: true, structuredClone: true });
  const values: fc.Arbitrary<unknown> = fc.oneof(
    plain,
    fc.date(),
    fc.constantFrom(/a/, new Map([[1, 2]]), new Set([1]), 7n),
  );
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
  return fc.sample(fc.tuple(values, changes), { numRuns: count, seed: 2 }).map(([value, damage]) => {
    const body = Buffer.from(exotic.pack({ kind: 'request', id: 1, value }));
    for (const [place, byte] of damage) body[place % body.length] = byte;
    return body;
  });
}

function outcomeOf(body: Buffer): 'refused' | { readonly value: unknown } {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  try {
    const [value] = decode([Buffer.concat([header, body])]);
    return { value };
  } catch (error) {
    if (error instanceof GhostError && error.code === 'protocol-violation') return 'refused';
    throw error;
  }
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlain);
  if (value instanceof Uint8Array) return true;
  return (
    typeof value === 'object' &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every(isPlain)
  );
}
