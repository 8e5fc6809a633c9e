import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { putFile } from '../../src/cli/past/put-file.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ghost-put-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('what goes wrong while the text is made is told as it is, and leaves no file', async () => {
  const folder = temporaryFolder();
  const mistake = new Error('the text could not be made');
  const put = putFile(join(folder, 'out'), { stdout: null, replace: false }, () => Promise.reject(mistake));
  await expect(put).rejects.toBe(mistake);
  expect(readdirSync(folder)).toEqual([]);
});

test('what the file system refuses is told with the name of the file', async () => {
  const path = join(temporaryFolder(), 'not-there', 'out');
  const put = putFile(path, { stdout: null, replace: false }, async (sink) => await sink('text'));
  await expect(put).rejects.toMatchObject({ code: 'file-unusable', message: expect.stringContaining(path) });
});
