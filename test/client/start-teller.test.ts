import { expect, test } from 'vitest';

import { StartTeller } from '../../src/client/start-teller.ts';
import type { StartProgress } from '../../src/start-progress.ts';

const steps: readonly Omit<StartProgress, 'pid'>[] = [
  { step: 'backup', done: 10_000, total: 40_000 },
  { step: 'backup', done: 40_000, total: 40_000 },
  { step: 'migration', done: 0, total: 1 },
  { step: 'fold', done: 2_000, total: 2_000_000 },
  { step: 'fold', done: 420_000, total: 2_000_000 },
];
const lines = [
  'ghost: the journal is being copied before it is brought up to date: 25 %',
  'ghost: the journal is being copied before it is brought up to date: 100 %',
  'ghost: the journal is being brought up to date: step 1 of 1',
  'ghost: the journal is being brought up to date: 2,000 of 2,000,000 events',
  'ghost: the journal is being brought up to date: 420,000 of 2,000,000 events',
];

function told({ isTerminal }: { isTerminal: boolean }): string {
  let text = '';
  {
    using teller = new StartTeller({ isTerminal, write: (more) => (text += more) });
    for (const step of steps) teller.onProgress({ pid: 1, ...step });
  }
  return text;
}

test('on a terminal one line counts what is done, and is gone at the end', () => {
  expect(told({ isTerminal: true })).toBe(`${lines.map((line) => `\r${line}\u001b[K`).join('')}\r\u001b[K`);
});

test('elsewhere one line says what each step is', () => {
  expect(told({ isTerminal: false })).toBe([0, 2, 3].map((index) => `${lines[index]}\n`).join(''));
});

test('a start with nothing to tell writes nothing', () => {
  const written: string[] = [];
  new StartTeller({ isTerminal: true, write: (text) => written.push(text) })[Symbol.dispose]();
  expect(written).toEqual([]);
});
