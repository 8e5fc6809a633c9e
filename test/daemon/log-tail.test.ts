import { appendFileSync, truncateSync } from 'node:fs';

import { expect, test } from 'vitest';

import { LogSample, piecesOf } from './log-sample.ts';

const quiet = { stdout: '', stderr: '' };

async function lastLines(log: LogSample, lines: number): Promise<string> {
  const { chunks } = await log.read({ lines });
  return piecesOf(chunks)
    .map(({ text }) => text)
    .join('');
}

test('lines that are longer than what is read at once are found whole', async () => {
  const long = 'x'.repeat(200_000);
  using log = new LogSample({
    noted: [
      { stdout: `first\n${long}\n`, stderr: '' },
      { stdout: `${long}\n`, stderr: 'end' },
    ],
  });
  expect(await lastLines(log, 1)).toBe('end');
  expect(await lastLines(log, 2)).toBe(`${long}\nend`);
  expect(await lastLines(log, 3)).toBe(`${long}\n${long}\nend`);
  expect(await lastLines(log, 4)).toBe(`first\n${long}\n${long}\nend`);
});

test('a line that begins in one look and ends in another is one line', async () => {
  using log = new LogSample({
    noted: [
      { stdout: 'one\ntw', stderr: '' },
      { stdout: '', stderr: 'aside\n' },
      { stdout: 'o\nthree\n', stderr: '' },
    ],
  });
  // In the order in which they were seen the aside stands in the middle of "two".
  expect(await lastLines(log, 3)).toBe('twaside\no\nthree\n');
  expect(await lastLines(log, 1)).toBe('three\n');
});

test('a chunk holds at most 64 KiB, and the cursors of all of them go on from each other', async () => {
  using log = new LogSample({ noted: [{ stdout: 'a'.repeat(150_000), stderr: 'b'.repeat(70_000) }] });
  const { chunks } = await log.read();
  expect(chunks.map(({ stream, data }) => [stream, data.length])).toEqual([
    ['stdout', 65536],
    ['stdout', 65536],
    ['stdout', 18928],
    ['stderr', 65536],
    ['stderr', 4464],
  ]);
  expect(chunks.map(({ cursor }) => cursor.stdout + cursor.stderr)).toEqual([
    65_536, 131_072, 150_000, 215_536, 220_000,
  ]);
});

test('what somebody cut off from a spool is left out, and the rest is given', async () => {
  using log = new LogSample({
    noted: [
      { stdout: 'abcdef\n', stderr: '' },
      { stdout: '', stderr: 'kept\n' },
    ],
  });
  truncateSync(log.folder.stream('stdout'), 3);
  const { chunks, end } = await log.read();
  expect(piecesOf(chunks)).toEqual([
    { stream: 'stdout', text: 'abc' },
    { stream: 'stderr', text: 'kept\n' },
  ]);
  expect(end?.reason).toBe('complete');
});

test('an empty log has no lines, however many are asked for', async () => {
  using log = new LogSample({ noted: [quiet] });
  for (const lines of [0, 1, 1000]) {
    expect(await log.read({ lines })).toMatchObject({ chunks: [], end: { reason: 'complete' } });
  }
});

test('a page near the beginning of a log of a tebibyte reads nothing of the rest, and neither does its last page', async () => {
  using log = new LogSample({
    noted: [{ stdout: 'one\ntwo\n', stderr: '' }, { stdout: '', stderr: 'three\n' }, quiet],
  });
  truncateSync(log.folder.stream('stdout'), 2 ** 40);
  appendFileSync(log.folder.stream('stdout'), '\nlast\n');
  const { chunks } = await log.read({ lines: 2, before: { stdout: 8, stderr: 6 } });
  expect(piecesOf(chunks)).toEqual([
    { stream: 'stdout', text: 'two\n' },
    { stream: 'stderr', text: 'three\n' },
  ]);
  expect(await lastLines(log, 1)).toBe('last\n');
});
