import { expect, test } from 'vitest';

import { hitsKeptMax, isHit, LogHits } from '../../src/ui/log-hits.ts';
import { emptyWindow, withChunk } from '../../src/ui/log-window.ts';
import { saidBy } from './log-chunks.ts';

function searched(pattern: string, said: Parameters<typeof saidBy>[0]): LogHits {
  const hits = new LogHits(pattern);
  const chunks = saidBy(said);
  for (const chunk of chunks) hits.push(chunk);
  hits.end(chunks.at(-1)?.cursor ?? { stdout: 0, stderr: 0 });
  return hits;
}

test('each line that fits is a hit once, wherever the chunks are cut', () => {
  const hits = searched('ab', [
    ['stdout', 'ab ab\nx a'],
    ['stderr', 'ab\n'],
    ['stdout', 'b\nlast ab'],
  ]);
  expect(hits.count).toBe(4);
  expect([0, 1, 2, 3].map((index) => hits.hit(index)).map((hit) => [hit?.stream, hit?.start[hit.stream]])).toEqual([
    ['stdout', 0],
    ['stderr', 0],
    ['stdout', 6],
    ['stdout', 11],
  ]);
});

test('case counts where the pattern has a capital letter', () => {
  const said = [['stdout', 'Error\nerror\nERROR\n']] as const;
  expect(searched('error', said).count).toBe(3);
  expect(searched('Error', said).count).toBe(1);
  expect(searched('\\Serror|error', said).count).toBe(3);
});

test('a hit is found again among the lines that are held', () => {
  const said = [['stdout', 'one\ntwo\nthree\n']] as const;
  const window = saidBy(said).reduce(withChunk, emptyWindow);
  const hit = searched('two', said).hit(0);
  expect(hit).not.toBeNull();
  expect(window.lines.findIndex((line) => hit !== null && isHit(line, hit))).toBe(1);
});

test('the next hit and the one before are those on either side of a place', () => {
  const hits = searched('x', [['stdout', 'x\na\nx\na\nx\n']]);
  expect(hits.nearest(0, 1)).toBe(1);
  expect(hits.nearest(4, 1)).toBe(2);
  expect(hits.nearest(4, -1)).toBe(0);
  expect(hits.nearest(8, 1)).toBeNull();
});

test('every hit is counted, and no more than so many are remembered', () => {
  const hits = searched('x', [['stdout', 'x\n'.repeat(hitsKeptMax + 1)]]);
  expect(hits.count).toBe(hitsKeptMax + 1);
  expect(hits.kept).toBe(hitsKeptMax);
});

test('what is no regular expression is refused with its reason', () => {
  expect(() => new LogHits('a(')).toThrow('"a(" is no regular expression');
});
