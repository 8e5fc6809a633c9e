import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { bytesOnDisk } from '../../src/daemon/file-system.ts';
import { loadKernel, withoutKernel } from '../../src/daemon/kernel.ts';
import { canPunchHoles } from '../../src/daemon/remove-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'holes-'));
const path = join(folder, 'spool');
const mebibyte = 2 ** 20;
const kernel = loadKernel();

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('a hole gives the blocks back, keeps the length and all that is around it', async () => {
  const content = Buffer.alloc(4 * mebibyte, 'ghost ');
  writeFileSync(path, content);
  const before = bytesOnDisk(path);
  expect(await kernel.punchHole(path, { from: 0, to: 3 * mebibyte + 1 })).toBe(true);
  appendFileSync(path, 'more');
  expect(bytesOnDisk(path)).toBeLessThanOrEqual(before - 2 * mebibyte);
  expect(statSync(path).size).toBe(4 * mebibyte + 4);
  const expected = Buffer.concat([
    Buffer.alloc(3 * mebibyte + 1),
    content.subarray(3 * mebibyte + 1),
    Buffer.from('more'),
  ]);
  expect(readFileSync(path).equals(expected)).toBe(true);
});

test('an empty range is no hole', async () => {
  writeFileSync(path, 'text');
  expect(await kernel.punchHole(path, { from: 2, to: 2 })).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('text');
});

test('a file that is not there is an error', async () => {
  await expect(kernel.punchHole(join(folder, 'missing'), { from: 0, to: 1 })).rejects.toThrow(/ENOENT/);
});

test('whether a folder’s file system can do it is asked without leaving anything there', async () => {
  expect(await canPunchHoles(kernel, { folder })).toBe(true);
  expect(await canPunchHoles(withoutKernel('for this test'), { folder })).toBe(false);
  // No file system of its own, and so no holes in it: proc(5) cannot even make the file.
  await expect(canPunchHoles(kernel, { folder: '/proc/self' })).rejects.toThrow();
});
