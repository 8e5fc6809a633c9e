import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  type OpenOutput,
  type OutputPiece,
  type OutputState,
  type Prune,
  type RetentionLimits,
  type TaskOutput,
  choosePrunes,
  choosing,
} from '../../src/daemon/retention-policy.ts';
import type { TaskId } from '../../src/journal/events.ts';

const block = 4096;
const unlimited: RetentionLimits = {
  perTaskBytes: Number.POSITIVE_INFINITY,
  totalBytes: Number.POSITIVE_INFINITY,
  keepFreeBytes: 0,
  floorBytes: 0,
};

/** A segment of so many blocks. */
function segment(
  task: number,
  { blocks, age, from = age }: { blocks: number; age: number; from?: number },
): OutputPiece {
  const base = { task: task as TaskId, stream: 'stdout', age, divisible: false } as const;
  return { ...base, from, to: from + 1, file: `stdout.${age}.gz`, bytes: blocks * block };
}

/** What of a spool is not compressed. */
function raw(task: number, { blocks, divisible }: { blocks: number; divisible: boolean }): OutputPiece {
  const base = {
    task: task as TaskId,
    stream: 'stdout',
    age: Number.POSITIVE_INFINITY,
    file: null,
    divisible,
  } as const;
  return { ...base, from: 1_000 * block, to: (1_000 + blocks) * block, bytes: blocks * block };
}

function taskOf(...pieces: readonly OutputPiece[]): TaskOutput {
  return { bytes: sum(pieces), pieces };
}

function stateOf({
  complete = [],
  open = [],
  suspects = [],
  freeBytes = 1_000 * block,
  limits = {},
}: {
  complete?: readonly TaskOutput[];
  open?: readonly OpenOutput[];
  suspects?: readonly TaskOutput[];
  freeBytes?: number;
  limits?: Partial<RetentionLimits>;
}): OutputState {
  const outputBytes =
    sum(complete.flatMap(({ pieces }) => [...pieces])) +
    sum(open.flatMap(({ segments, raw }) => [...segments, ...raw]));
  return { suspects, complete, open, outputBytes, freeBytes, limits: { ...unlimited, ...limits } };
}

function sum(pieces: readonly { readonly bytes: number }[]): number {
  return pieces.reduce((total, { bytes }) => total + bytes, 0);
}

/** `task:blocks reason` of each. */
function told(prunes: readonly Prune[]): readonly string[] {
  return prunes.map(({ task, file, bytes, reason }) => `${task}:${file ?? 'raw'} ${bytes / block} ${reason}`);
}

const ended1 = taskOf(segment(1, { blocks: 2, age: 5 }), raw(1, { blocks: 1, divisible: false }));
const ended2 = taskOf(segment(2, { blocks: 2, age: 1 }), segment(2, { blocks: 2, age: 2 }));
const running3: OpenOutput = {
  segments: [segment(3, { blocks: 4, age: 3 }), segment(3, { blocks: 4, age: 7 })],
  raw: [raw(3, { blocks: 3, divisible: true })],
};
const running4: OpenOutput = {
  segments: [segment(4, { blocks: 4, age: 4 })],
  raw: [raw(4, { blocks: 9, divisible: true })],
};
const all = { complete: [ended1, ended2], open: [running3, running4] };
const allBlocks = 3 + 4 + 11 + 13;

describe('what retention takes', () => {
  test('is nothing within the limits', () => {
    expect(choosePrunes(stateOf({ ...all, limits: { totalBytes: allBlocks * block } }))).toEqual([]);
  });

  test.for([
    [1, ['1:stdout.5.gz 2 total-limit']],
    [2, ['1:stdout.5.gz 2 total-limit']],
    [3, ['1:stdout.5.gz 2 total-limit', '1:raw 1 total-limit']],
    [5, ['1:stdout.5.gz 2 total-limit', '1:raw 1 total-limit', '2:stdout.1.gz 2 total-limit']],
  ] as const)(
    'is the output of the task that ended first, then of the next: %d blocks too many',
    ([blocks, expected]) => {
      expect(told(choosePrunes(stateOf({ ...all, limits: { totalBytes: (allBlocks - blocks) * block } })))).toEqual(
        expected,
      );
    },
  );

  test('of running tasks are the oldest segments of all of them, when nothing of an ended one is left', () => {
    const state = stateOf({ open: all.open, limits: { totalBytes: 14 * block } });
    expect(told(choosePrunes(state))).toEqual([
      '3:stdout.3.gz 4 total-limit',
      '4:stdout.4.gz 4 total-limit',
      '3:stdout.7.gz 4 total-limit',
    ]);
  });

  test('of the spools of running tasks is the beginning of the largest, and no more than is needed', () => {
    const state = stateOf({ open: all.open, limits: { totalBytes: 10 * block } });
    expect(told(choosePrunes(state)).slice(3)).toEqual(['4:raw 2 total-limit']);
    const part = choosePrunes(state).at(-1);
    expect(part).toMatchObject({ from: 1_000 * block, to: 1_002 * block });
  });

  test('is no more at once than is asked for, of one task or of all', () => {
    const limits = { totalBytes: 0 };
    expect(told(choosePrunes(stateOf({ ...all, limits }), { piecesMax: 3 }))).toEqual([
      '1:stdout.5.gz 2 total-limit',
      '1:raw 1 total-limit',
      '2:stdout.1.gz 2 total-limit',
    ]);
    expect(choosePrunes(stateOf({ ...all, limits }), { piecesMax: 100 })).toHaveLength(9);
    const suspects = { suspects: [ended2], limits: { perTaskBytes: 0 } };
    expect(told(choosePrunes(stateOf(suspects), { piecesMax: 1 }))).toEqual(['2:stdout.1.gz 2 task-limit']);
    expect(choosePrunes(stateOf(suspects), { piecesMax: 2 })).toHaveLength(2);
  });

  test('is looked for in steps, whether they choose something or not', () => {
    const nothing = Array.from({ length: 1_000 }, (): TaskOutput => ({ bytes: 0, pieces: [] }));
    const state = stateOf({ complete: [...nothing, ended1], limits: { totalBytes: 0 } });
    const steps = [...choosing(state)];
    expect(steps.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined));
    expect(told(steps.filter((step) => step !== undefined))).toEqual([
      '1:stdout.5.gz 2 total-limit',
      '1:raw 1 total-limit',
    ]);
  });

  test('is as much as is missing from what is to be left free', () => {
    const state = stateOf({ ...all, freeBytes: 6 * block, limits: { keepFreeBytes: 8 * block } });
    expect(told(choosePrunes(state))).toEqual(['1:stdout.5.gz 2 free-space']);
  });

  test('names the limit of all first where both are broken', () => {
    const limits = { totalBytes: (allBlocks - 1) * block, keepFreeBytes: 9 * block };
    expect(told(choosePrunes(stateOf({ ...all, freeBytes: 6 * block, limits })))).toEqual([
      '1:stdout.5.gz 2 total-limit',
      '1:raw 1 free-space',
    ]);
  });

  test('leaves a last rest where others have filled the disk', () => {
    const limits = { keepFreeBytes: 1e12, floorBytes: (allBlocks - 4) * block };
    expect(told(choosePrunes(stateOf({ ...all, freeBytes: 0, limits })))).toEqual([
      '1:stdout.5.gz 2 free-space',
      '1:raw 1 free-space',
      '2:stdout.1.gz 2 free-space',
    ]);
  });

  test('of a task past its own limit is its own oldest, although others are older', () => {
    const greedy = taskOf(
      segment(5, { blocks: 3, age: 8 }),
      segment(5, { blocks: 3, age: 9 }),
      raw(5, { blocks: 3, divisible: true }),
    );
    const limits = { perTaskBytes: 4 * block };
    expect(told(choosePrunes(stateOf({ ...all, suspects: [ended2, greedy], limits })))).toEqual([
      '5:stdout.8.gz 3 task-limit',
      '5:stdout.9.gz 3 task-limit',
    ]);
  });

  test('for a task’s own limit counts for the others', () => {
    const limits = { perTaskBytes: 2 * block, totalBytes: (allBlocks - 2) * block };
    expect(told(choosePrunes(stateOf({ ...all, suspects: [ended2], limits })))).toEqual(['2:stdout.1.gz 2 task-limit']);
  });
});

describe('whatever there is', () => {
  const pieces = (id: number, { divisible }: { divisible: boolean }) =>
    fc
      .record({
        sizes: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }),
        rest: fc.integer({ min: 0, max: 9 }),
      })
      .map(({ sizes, rest }) => ({
        // The ages of the tasks lie between each other.
        segments: sizes.map((blocks, index) => segment(id, { blocks, age: index * 100 + id })),
        raw: rest === 0 ? [] : [raw(id, { blocks: rest, divisible })],
      }));
  const worlds = fc.record({
    complete: fc.tuple(...[1, 2, 3].map((id) => pieces(id, { divisible: false }))),
    open: fc.tuple(...[4, 5, 6].map((id) => pieces(id, { divisible: true }))),
    perTask: fc.integer({ min: 0, max: 40 }),
    total: fc.integer({ min: 0, max: 150 }),
    keepFree: fc.integer({ min: 0, max: 60 }),
    free: fc.integer({ min: 0, max: 60 }),
    floor: fc.integer({ min: 0, max: 20 }),
  });
  const build = ({
    complete,
    open,
    perTask,
    total,
    keepFree,
    free,
    floor,
  }: typeof worlds extends fc.Arbitrary<infer W> ? W : never) => {
    const outputs = [...complete, ...open].map(({ segments, raw }) => taskOf(...segments, ...raw));
    return {
      pieces: outputs.flatMap(({ pieces }) => [...pieces]),
      state: stateOf({
        suspects: outputs,
        complete: outputs.slice(0, complete.length),
        open,
        freeBytes: free * block,
        limits: {
          perTaskBytes: perTask * block,
          totalBytes: total * block,
          keepFreeBytes: keepFree * block,
          floorBytes: floor * block,
        },
      }),
    };
  };

  /** What is still wrong after some of it has gone, in bytes; 0 where nothing is. */
  const excess = ({ state, prunes }: { state: OutputState; prunes: readonly Prune[] }): number => {
    const left = state.outputBytes - sum(prunes);
    const { totalBytes, keepFreeBytes, floorBytes } = state.limits;
    const missing = Math.min(keepFreeBytes - state.freeBytes - sum(prunes), left - floorBytes);
    return Math.max(0, left - totalBytes, missing);
  };

  test('all limits hold afterwards', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { state } = build(world);
        const prunes = choosePrunes(state);
        expect(excess({ state, prunes })).toBe(0);
        for (const { pieces } of state.suspects) {
          const [first] = pieces;
          if (first === undefined) continue;
          const gone = sum(prunes.filter(({ task }) => task === first.task));
          expect(sum([...pieces]) - gone).toBeLessThanOrEqual(state.limits.perTaskBytes);
        }
      }),
    );
  });

  test('without the last piece that was taken for all, a limit would be broken', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { state } = build(world);
        const prunes = choosePrunes(state);
        if (prunes.at(-1)?.reason === 'task-limit' || prunes.length === 0) return;
        expect(excess({ state, prunes: prunes.slice(0, -1) })).toBeGreaterThan(0);
      }),
    );
  });

  test('nothing is taken twice, and what is left of a task never has a gap', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { state, pieces } = build(world);
        const prunes = choosePrunes(state);
        const keys = prunes.map(({ task, from }) => `${task}:${from}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const id of [1, 2, 3, 4, 5, 6]) {
          const before = pieces.filter(({ task }) => task === id).map(({ from }) => from);
          const gone = prunes.filter(({ task }) => task === id).map(({ from }) => from);
          expect(gone).toEqual(before.slice(0, gone.length));
        }
      }),
    );
  });
});
