import { writeFileSync } from 'node:fs';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type Growth, LogSample, type Piece, joined, piecesOf } from '../daemon/log-sample.ts';

const text = fc.oneof(
  fc.constant(''),
  fc.array(fc.constantFrom('a', 'b', '\n', '\n', '\r', '\0', 'ÿ'), { maxLength: 12 }).map((parts) => parts.join('')),
);
const growth: fc.Arbitrary<Growth> = fc.record({ stdout: text, stderr: text });
const sample = fc.record({ noted: fc.array(growth, { maxLength: 10 }), unnoted: growth });
const streams = fc.constantFrom('both' as const, 'stdout' as const, 'stderr' as const);

/** What `tail -n N` gives of a text: a last line without a newline is one, too. */
function tail(whole: string, lines: number): string {
  const found = whole.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines === 0 ? '' : found.slice(-lines).join('');
}

const textOf = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join('');

test('a log is read once, whole and in order, also when every chunk is read by another reader from the last cursor', async () => {
  await fc.assert(
    fc.asyncProperty(sample, streams, async (given, wanted) => {
      using log = new LogSample(given);
      const { chunks, end } = await log.read({ streams: wanted });
      expect(piecesOf(chunks)).toEqual(joined(log.pieces(wanted)));
      expect(end).toMatchObject({ reason: 'complete', cursor: log.folder.sizes() });
      const oneByOne = [];
      for (let next = await log.read({ streams: wanted, chunksMax: 1 }); next.end === null;) {
        oneByOne.push(...next.chunks);
        next = await log.read({ streams: wanted, chunksMax: 1, cursor: next.chunks[0]?.cursor ?? null });
      }
      expect(piecesOf(oneByOne)).toEqual(joined(log.pieces(wanted)));
    }),
    { numRuns: 40 },
  );
});

test('from any cursor, also one that no reader was ever given, each stream goes on at exactly that byte', async () => {
  await fc.assert(
    fc.asyncProperty(sample, fc.nat(40), fc.nat(40), async (given, stdout, stderr) => {
      using log = new LogSample(given);
      const { chunks } = await log.read({ cursor: { stdout, stderr } });
      for (const [stream, from] of [
        ['stdout', stdout],
        ['stderr', stderr],
      ] as const) {
        const rest = textOf(piecesOf(chunks).filter((piece) => piece.stream === stream));
        expect(rest).toBe(textOf(log.pieces(stream)).slice(from));
      }
    }),
    { numRuns: 100 },
  );
});

test('the last N lines are what tail gives of both streams together, or of one', async () => {
  await fc.assert(
    fc.asyncProperty(sample, streams, fc.nat(8), async (given, wanted, lines) => {
      using log = new LogSample(given);
      const { chunks } = await log.read({ streams: wanted, lines });
      expect(textOf(piecesOf(chunks))).toBe(tail(textOf(log.pieces(wanted)), lines));
    }),
    { numRuns: 100 },
  );
});

test('an index that is gone costs the order and the times, and no byte', async () => {
  await fc.assert(
    fc.asyncProperty(sample, fc.integer({ min: 0, max: 23 }), async (given, torn) => {
      using log = new LogSample(given);
      writeFileSync(log.folder.order, Buffer.alloc(torn, 0xff));
      const { chunks } = await log.read();
      expect(chunks.every(({ at }) => at === null)).toBe(true);
      const whole = (['stdout', 'stderr'] as const).map((stream) => ({ stream, text: textOf(log.pieces(stream)) }));
      expect(piecesOf(chunks)).toEqual(whole.filter((piece) => piece.text !== ''));
      const { chunks: last } = await log.read({ lines: 2 });
      expect(textOf(piecesOf(last))).toBe(tail(textOf(whole), 2));
    }),
    { numRuns: 40 },
  );
});
