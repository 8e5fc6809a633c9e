import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { MarkFile, markPath, readMark } from '../../src/journal/mark-file.ts';
import { JournalFolder } from './journal-folder.ts';

test('a mark is read as it was written, each in the place of the one before', () => {
  using folder = new JournalFolder();
  expect(readMark(folder.file)).toBeNull();
  using file = new MarkFile(folder.file);
  expect(readMark(folder.file)).toBeNull();
  file.write({ seq: Number.MAX_SAFE_INTEGER, task: 12 });
  expect(readMark(folder.file)).toEqual({ seq: Number.MAX_SAFE_INTEGER, task: 12 });
  const { size } = statSync(markPath(folder.file));
  file.write({ seq: 1_000_000, task: 1 });
  expect(readMark(folder.file)).toEqual({ seq: 1_000_000, task: 1 });
  expect(statSync(markPath(folder.file)).size).toBe(size);
});

test('what is no mark says nothing, and is written over', () => {
  using folder = new JournalFolder();
  writeFileSync(markPath(folder.file), 'rubbish\n');
  expect(readMark(folder.file)).toBeNull();
  using file = new MarkFile(folder.file);
  file.write({ seq: 3, task: 2 });
  expect(readMark(folder.file)).toEqual({ seq: 3, task: 2 });
});

test('a link in its place is not followed', () => {
  using folder = new JournalFolder();
  const victim = join(folder.path, 'victim');
  writeFileSync(victim, 'mine');
  symlinkSync(victim, markPath(folder.file));
  expect(() => new MarkFile(folder.file)).toThrow(/ELOOP/);
  expect(readFileSync(victim, 'utf8')).toBe('mine');
});
