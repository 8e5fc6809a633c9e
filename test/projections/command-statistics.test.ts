import fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  CommandStatistics,
  knownCharactersMax,
  knownLinesMax,
  quantile,
} from '../../src/projections/command-statistics.ts';
import { taskId } from '../support/facts.ts';

test('a quantile is the value of the nearest rank, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.constantFrom(0.5, 0.95, 1), (values, part) => {
      const sorted = values.toSorted((one, other) => one - other);
      const wanted = sorted[Math.max(0, Math.ceil(values.length * part) - 1)] ?? null;
      expect(quantile(Float64Array.from(values), part)).toBe(wanted);
    }),
  );
});

test('runs are counted by command line, the one that ran most often first, among equals the one that ran last', () => {
  const statistics = new CommandStatistics();
  const add = (
    id: number,
    command: string,
    { failed = false, durationMs = id }: { failed?: boolean; durationMs?: number | null } = {},
  ): void => statistics.add({ id: taskId(id), command: JSON.stringify([command]), failed, durationMs });
  for (let id = 40; id > 20; id -= 1) add(id, 'often', { failed: id % 4 === 0 });
  add(20, 'once', { durationMs: null });
  add(19, 'earlier');
  add(7, 'twice');
  add(6, 'twice', { failed: true });
  expect(statistics.size).toBe(4);
  const often = { runs: 20, failures: 5, lastId: 40, medianMs: 30, p95Ms: 39 };
  const twice = { runs: 2, failures: 1, lastId: 7, medianMs: 6, p95Ms: 7 };
  const once = { runs: 1, failures: 0, lastId: 20, medianMs: null, p95Ms: null };
  const earlier = { runs: 1, failures: 0, lastId: 19, medianMs: 19, p95Ms: 19 };
  expect([...statistics.most(10)]).toEqual([often, twice, once, earlier]);
  expect([...statistics.most(3)]).toEqual([often, twice, once]);
  expect([...statistics.most(1)]).toEqual([often]);
});

test('of more lines than are known as they are, and of long ones, the counts are right all the same', () => {
  const statistics = new CommandStatistics();
  const lines = [
    ...Array.from({ length: knownLinesMax + 2 }, (_, index) => `run --job=${index}`),
    ...['a', 'b'].map((last) => `${'x'.repeat(knownCharactersMax - 1)}${last}`),
    ...['a', 'b'].map((last) => `${'x'.repeat(knownCharactersMax)}${last}`),
  ];
  let id = lines.length * 4;
  for (let round = 1; round <= 4; round += 1) {
    for (const command of lines) {
      statistics.add({ id: taskId(id), command, failed: round === 1, durationMs: round });
      id -= 1;
    }
  }
  expect(statistics.size).toBe(lines.length);
  const counts = [...statistics.most(10_000)];
  expect(counts.map(({ lastId }) => lastId)).toEqual(lines.map((_, index) => lines.length * 4 - index));
  expect(
    new Set(counts.map(({ runs, failures, medianMs, p95Ms }) => JSON.stringify({ runs, failures, medianMs, p95Ms }))),
  ).toEqual(new Set([JSON.stringify({ runs: 4, failures: 1, medianMs: 2, p95Ms: 4 })]));
});
