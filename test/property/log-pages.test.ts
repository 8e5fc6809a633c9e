import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { LogChunk } from '../../src/protocol/answers.ts';
import type { LogCursor } from '../../src/protocol/messages.ts';
import { type Growth, LogSample, piecesOf } from '../daemon/log-sample.ts';

const text = fc.oneof(
  fc.constant(''),
  fc.array(fc.constantFrom('a', 'b', '\n', '\n', '\0', 'ÿ'), { maxLength: 12 }).map((parts) => parts.join('')),
);
const growth: fc.Arbitrary<Growth> = fc.record({ stdout: text, stderr: text });
/** Where a stream was cut, and how many of those segments are gone. */
const cuts = fc.record({ at: fc.array(fc.nat(60), { maxLength: 4 }), pruned: fc.nat(4) });
const sample = fc.record({
  noted: fc.array(growth, { maxLength: 10 }),
  unnoted: growth,
  stdout: cuts,
  stderr: cuts,
});
const streams = fc.constantFrom('both' as const, 'stdout' as const, 'stderr' as const);

async function made(given: typeof sample extends fc.Arbitrary<infer T> ? T : never): Promise<LogSample> {
  const log = new LogSample(given);
  const sizes = log.folder.sizes();
  for (const stream of ['stdout', 'stderr'] as const) {
    const { at, pruned } = given[stream];
    for (const to of at.toSorted((one, other) => one - other)) {
      await log.seal(stream, { to: Math.min(to, sizes[stream]) });
    }
    for (let count = 0; count < pruned; count += 1) log.prune(stream);
  }
  return log;
}

/** Where a page begins, as a reader of it can tell: its first chunk's cursor, less what that chunk brought. */
function startOf([first]: readonly LogChunk[]): LogCursor | null {
  if (first === undefined) return null;
  const { cursor, stream, data, missing } = first;
  return { ...cursor, [stream]: cursor[stream] - data.length - (missing?.bytes ?? 0) };
}

/** Every byte with its stream and, where it is gone, a mark in its place. */
function told(chunks: readonly LogChunk[]): readonly string[] {
  return chunks.flatMap(({ stream, data, missing }) =>
    missing === null
      ? [...Buffer.from(data).toString('latin1')].map((byte) => `${stream} ${JSON.stringify(byte)}`)
      : [`${stream} ${missing.bytes} bytes gone`],
  );
}

test('read backwards page by page, a log is whole: no gap, nothing twice, every page as many lines as were asked for', async () => {
  await fc.assert(
    fc.asyncProperty(sample, streams, fc.integer({ min: 1, max: 4 }), async (given, wanted, lines) => {
      using log = await made(given);
      const { chunks: whole } = await log.read({ streams: wanted });
      const pages: (readonly LogChunk[])[] = [];
      for (let before: LogCursor | null = log.folder.sizes(); before !== null; before = startOf(pages[0] ?? [])) {
        const { chunks } = await log.read({ streams: wanted, lines, before });
        pages.unshift(chunks);
        expect(pages.length).toBeLessThan(200);
      }
      expect(told(pages.flat())).toEqual(told(whole));
      const [, , ...full] = pages;
      for (const page of full) {
        const shown = piecesOf(page)
          .map((piece) => piece.text)
          .join('');
        expect(shown.match(/[^\n]*\n|[^\n]+$/g) ?? []).toHaveLength(lines);
      }
    }),
    { numRuns: 300 },
  );
});

test('before any cursor, also one that no reader was ever given, each stream ends at exactly that byte', async () => {
  await fc.assert(
    fc.asyncProperty(sample, streams, fc.nat(60), fc.nat(60), async (given, wanted, stdout, stderr) => {
      using log = await made(given);
      const sizes = log.folder.sizes();
      const { chunks, end } = await log.read({ streams: wanted, before: { stdout, stderr } });
      expect(end?.cursor).toEqual({ stdout: Math.min(stdout, sizes.stdout), stderr: Math.min(stderr, sizes.stderr) });
      const whole = await log.read({ streams: wanted });
      for (const [stream, to] of [
        ['stdout', stdout],
        ['stderr', stderr],
      ] as const) {
        const bytesOf = (read: readonly LogChunk[]): string =>
          read
            .filter((chunk) => chunk.stream === stream)
            .map(({ data, missing }) => 'X'.repeat(missing?.bytes ?? 0) + Buffer.from(data).toString('latin1'))
            .join('');
        expect(bytesOf(chunks)).toBe(bytesOf(whole.chunks).slice(0, to));
      }
    }),
    { numRuns: 150 },
  );
});

test('a page between two cursors and one after it are what both are together', async () => {
  await fc.assert(
    fc.asyncProperty(sample, streams, fc.nat(20), async (given, wanted, at) => {
      using log = await made(given);
      const { chunks: whole } = await log.read({ streams: wanted });
      const middle = whole[Math.min(at, whole.length - 1)]?.cursor ?? null;
      const before = middle === null ? [] : (await log.read({ streams: wanted, before: middle })).chunks;
      const after = (await log.read({ streams: wanted, cursor: middle })).chunks;
      expect(told([...before, ...after])).toEqual(told(whole));
    }),
    { numRuns: 150 },
  );
});
