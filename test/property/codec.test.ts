import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type EventRow, chainHash, decodeEvent, encodeEvent, genesisHash } from '../../src/journal/codec.ts';
import { decodeEnvironment, encodeEnvironment, type StoredPair } from '../../src/journal/environments.ts';
import type { EventDraft, SequenceNumber } from '../../src/journal/events.ts';
import { actor, eventTypes, microseconds, sampleData } from '../support/facts.ts';

const text = fc.string({ unit: 'binary' });

/** A sample of every type, each of its texts and numbers replaced by any other. */
const draft = fc
  .constantFrom(...eventTypes)
  .chain((type) =>
    fc
      .record({ task: fc.option(fc.integer({ min: 1 })), actor: scrambled(actor), data: scrambled(sampleData[type]) })
      .map((parts) => ({ type, ...parts }) as EventDraft),
  );

function scrambled(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'string') return text;
  if (typeof value === 'number') return fc.maxSafeInteger();
  if (Array.isArray(value)) return fc.array(text);
  if (value === null) return fc.option(text);
  return fc.record(Object.fromEntries(Object.entries(Object(value)).map(([key, part]) => [key, scrambled(part)])));
}

test('every event comes back from its row as it was', () => {
  fc.assert(
    fc.property(draft, fc.integer({ min: 1 }), fc.maxSafeNat(), (event, seq, at) => {
      const place = { seq: seq as SequenceNumber, at: microseconds(at), previousHash: genesisHash };
      const row = encodeEvent(event, place);
      const decoded = decodeEvent(row);
      // `-0` is the one number that JSON does not keep; no fact is one.
      expect(decoded).toEqual(JSON.parse(JSON.stringify({ ...event, seq, at, hash: row[7] })));
    }),
  );
});

test('no part of a row can change without its hash, nor can the one before it', () => {
  const part = fc.constantFrom('seq', 'at', 'type', 'task', 'v', 'actor', 'data', 'previous');
  fc.assert(
    fc.property(draft, part, (event, changed) => {
      const row = encodeEvent(event, { seq: 5 as SequenceNumber, at: microseconds(7), previousHash: genesisHash });
      const facts = factsOf(row);
      const other = {
        ...facts,
        [changed]: typeof facts[changed as 'at'] === 'number' ? facts[changed as 'at'] + 1 : 'x',
      };
      const previous = changed === 'previous' ? 'f'.repeat(64) : genesisHash;
      expect(chainHash(genesisHash, facts)).toBe(row[7]);
      expect(chainHash(previous, other)).not.toBe(row[7]);
    }),
  );
});

test('an environment comes back in its order, byte for byte', () => {
  const value = fc.oneof(text, fc.uint8Array({ minLength: 1 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, value)), (entries) => {
      const encoded = encodeEnvironment(entries);
      const bytes = (pairs: readonly StoredPair[]) =>
        pairs.map(([name, of]) => [name, of instanceof Uint8Array ? Buffer.from(of).toString('hex') : of]);
      expect(bytes(decodeEnvironment(encoded.text))).toEqual(bytes(entries));
      expect(encodeEnvironment(entries).hash).toBe(encoded.hash);
    }),
  );
});

function factsOf([seq, at, type, task, v, actorText, data]: EventRow) {
  return { seq, at, type, task, v, actor: actorText, data };
}
