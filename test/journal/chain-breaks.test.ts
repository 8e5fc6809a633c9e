import { expect, test } from 'vitest';

import { type ChainBreak, ChainWalk, shiftMax } from '../../src/journal/chain-breaks.ts';
import { encodeEvent, genesisHash } from '../../src/journal/codec.ts';
import type { SequenceNumber } from '../../src/journal/events.ts';
import type { StoredRow } from '../../src/journal/journal-reader.ts';
import { noon, taskDraft } from '../support/facts.ts';

const place = 20;

function chainOf(count: number): readonly StoredRow[] {
  let previousHash = genesisHash;
  return Array.from({ length: count }, (_value, index) => {
    const row = encodeEvent(taskDraft('TaskAdopted', { data: { pid: index + 1 } }), {
      seq: (index + 1) as SequenceNumber,
      at: noon,
      previousHash,
    });
    [, , , , , , , previousHash] = row;
    return [...row, null];
  });
}

/** What is told of rows that got the numbers of their places. */
function breaksOf(rows: readonly StoredRow[]): readonly ChainBreak[] {
  const walk = new ChainWalk({ known: null, breaksMax: 1000 });
  rows.forEach(([, ...rest], index) => walk.take([index + 1, ...rest]));
  return walk.breaks;
}

function withAdded(count: number): readonly ChainBreak[] {
  const rows = chainOf(2 * place);
  const forged = rows.slice(0, count).map(([seq, at, type, task, v, actor, , , once], index): StoredRow => {
    return [seq, at, type, task, v, actor, '{}', String(index).padStart(64, 'f'), once];
  });
  return breaksOf(rows.toSpliced(place, 0, ...forged));
}

function withRemoved(count: number): readonly ChainBreak[] {
  return breaksOf(chainOf(3 * place).toSpliced(place, count));
}

test('rows that were put in are recognised up to so many, and the rest follows from what was there before', () => {
  expect(withAdded(shiftMax)).toEqual([{ kind: 'added', from: place + 1, to: place + shiftMax }]);
  expect(new Set(withAdded(shiftMax + 1).map(({ kind }) => kind))).toEqual(new Set(['link']));
});

test('rows that were taken out are counted up to so many', () => {
  expect(withRemoved(shiftMax)).toEqual([{ kind: 'closed-gap', seq: place + 1, count: shiftMax }]);
  expect(new Set(withRemoved(shiftMax + 1).map(({ kind }) => kind))).toEqual(new Set(['link']));
});
