import fc from 'fast-check';
import { expect, test } from 'vitest';

import { memberBytes } from '../../src/daemon/segment-file.ts';
import type { LogChunk } from '../../src/protocol/answers.ts';
import { logBlockBytesMax, logChunkBytesMax } from '../../src/protocol/limits.ts';
import { LogSample } from '../daemon/log-sample.ts';

/** Text in which every place can be told from every other one, so that a stretch of it in the wrong place is noticed. */
function textOf({ bytes, seed }: { readonly bytes: number; readonly seed: number }): string {
  let text = '';
  for (let line = seed * 1_000; text.length < bytes; line += 1) text += `${line.toString(36)}\n`;
  return text.slice(0, bytes);
}

/** Nothing, a line, a good part of a member, more than a block. */
const size = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: memberBytes - 3, max: 2 * memberBytes + 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: logBlockBytesMax - 3, max: logBlockBytesMax + memberBytes }) },
);
const growth = fc.record({ stdout: size, stderr: size, seed: fc.nat(1_000) }).map(({ stdout, stderr, seed }) => ({
  stdout: textOf({ bytes: stdout, seed }),
  stderr: textOf({ bytes: stderr, seed: seed + 1 }),
}));
/** Where a stream was cut, in parts of it, and how many of those segments are gone. */
const cuts = fc.record({
  at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
  pruned: fc.nat(2),
});
const part = fc.option(
  fc.record({
    stdout: fc.double({ min: 0, max: 1, noNaN: true }),
    stderr: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

/** Each stretch that was seen at one time, with the cursor at its end; where a chunk is cut within it says nothing. */
function told(chunks: readonly LogChunk[]): readonly object[] {
  const stretches: { stream: string; at: string | null; text: string; missing: unknown; cursor: object }[] = [];
  for (const { stream, at, data, missing, cursor } of chunks) {
    const last = stretches.at(-1);
    const text = Buffer.from(data).toString('latin1');
    if (last?.stream === stream && last.at === at && last.missing === null && missing === null) {
      last.text += text;
      last.cursor = cursor;
    } else stretches.push({ stream, at, text, missing, cursor });
  }
  return stretches;
}

test('in batches a log is the same, byte for byte, with the times and cursors, from and to wherever it is read', async () => {
  const given = fc.record({
    noted: fc.array(growth, { maxLength: 8 }),
    unnoted: growth,
    stdout: cuts,
    stderr: cuts,
    streams: fc.constantFrom('both' as const, 'stdout' as const, 'stderr' as const),
    from: part,
    to: part,
  });
  // One that is packed in more than a block: chance alone sometimes draws none.
  const large = {
    noted: [{ stdout: textOf({ bytes: logBlockBytesMax + memberBytes, seed: 1 }), stderr: 'one line\n' }],
    unnoted: { stdout: '', stderr: '' },
    stdout: { at: [1], pruned: 0 },
    stderr: { at: [], pruned: 0 },
    streams: 'both' as const,
    from: null,
    to: null,
  };
  let packedMost = 0;
  await fc.assert(
    fc.asyncProperty(given, async ({ stdout, stderr, from, to, streams, ...written }) => {
      using log = new LogSample(written);
      const sizes = log.folder.sizes();
      for (const [stream, { at, pruned }] of [
        ['stdout', stdout],
        ['stderr', stderr],
      ] as const) {
        const places = at.map((place) => Math.round(place * sizes[stream])).toSorted((one, other) => one - other);
        for (const place of places) await log.seal(stream, { to: place });
        for (let count = 0; count < pruned; count += 1) log.prune(stream);
        if (places.length > pruned) packedMost = Math.max(packedMost, ...places);
      }
      const placeOf = (place: { stdout: number; stderr: number } | null) =>
        place === null
          ? null
          : { stdout: Math.round(place.stdout * sizes.stdout), stderr: Math.round(place.stderr * sizes.stderr) };
      const asked = { streams, cursor: placeOf(from), before: placeOf(to) };
      const inBatches = await log.read({ ...asked, batches: true });
      const plain = await log.read(asked);
      expect(told(inBatches.chunks)).toEqual(told(plain.chunks));
      expect(inBatches.end).toEqual(plain.end);
      expect(Math.max(0, ...inBatches.chunks.map(({ data }) => data.length))).toBeLessThanOrEqual(logChunkBytesMax);
    }),
    { numRuns: 150, examples: [[large]] },
  );
  // Else it would have tried nothing that is packed.
  expect(packedMost).toBeGreaterThan(logBlockBytesMax);
});

test('what was written in many small pieces to both streams is the same in batches', async () => {
  const noted = Array.from({ length: 20_000 }, (_, index) => ({
    stdout: index % 3 === 0 ? '' : `out ${index}\n`,
    stderr: index % 3 === 0 ? `err ${index} ${'x'.repeat(20)}\n` : '',
  }));
  using log = new LogSample({ noted });
  const sizes = log.folder.sizes();
  await log.seal('stdout', { to: sizes.stdout });
  await log.seal('stderr', { to: sizes.stderr });
  const { chunks } = await log.read({ batches: true });
  expect(chunks).toHaveLength(noted.length);
  const [last] = chunks.slice(-1);
  expect(last?.cursor).toEqual(sizes);
  expect(told(chunks)).toEqual(told((await log.read()).chunks));
});
