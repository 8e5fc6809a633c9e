import { expect, test } from 'vitest';

import { DiskModel } from './disk-model.ts';
import { SeededRandom } from './seeded-random.ts';

const folder = '/f';
const path = '/f/a';

/** What a power cut leaves of the file. */
function left(model: DiskModel, bytes: 'synced' | 'torn' | 'all', random = new SeededRandom(1)): string | undefined {
  return model.stateAfter({ names: 'all', bytes }, random).files.get('a')?.toString();
}

/** A file of which two syncs are under way: the first of `one `, the second of `one two `. */
function withTwoSyncsBegun(): { readonly model: DiskModel; readonly write: (text: string) => void } {
  const model = new DiskModel(folder);
  const write = (text: string): void =>
    model.apply({ at: 0, kind: 'write', path, data: Buffer.from(text), offset: null });
  model.apply({ at: 0, kind: 'create', path });
  write('one ');
  model.apply({ at: 0, kind: 'sync-begun', path, call: 1 });
  write('two ');
  model.apply({ at: 0, kind: 'sync-begun', path, call: 2 });
  return { model, write };
}

test('of two syncs of a file that overlap, the one that began later and was done first has the last word', () => {
  const { model, write } = withTwoSyncsBegun();
  model.apply({ at: 0, kind: 'sync-done', path, call: 2 });
  expect(left(model, 'synced')).toBe('one two ');
  write('three');
  model.apply({ at: 0, kind: 'sync-done', path, call: 1 });
  expect(left(model, 'synced')).toBe('one two ');
  const torn = Array.from({ length: 50 }, (_value, seed) => left(model, 'torn', new SeededRandom(seed)));
  expect(new Set(torn)).toEqual(new Set(['one two ', 'one two three']));
});

test('of two that overlap and are done in their order, each brings its own part', () => {
  const { model, write } = withTwoSyncsBegun();
  write('three');
  model.apply({ at: 0, kind: 'sync-done', path, call: 1 });
  expect(left(model, 'synced')).toBe('one ');
  model.apply({ at: 0, kind: 'sync-done', path, call: 2 });
  expect(left(model, 'synced')).toBe('one two ');
  const torn = Array.from({ length: 50 }, (_value, seed) => left(model, 'torn', new SeededRandom(seed)));
  expect(new Set(torn)).toEqual(new Set(['one two ', 'one two three']));
});
