import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { putFile } from '../../src/cli/past/put-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'put-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const target = { stdout: null, replace: false };

test('a second file of that name is refused while the first is being written, which then comes out whole', async () => {
  const path = join(folder, 'one.cast');
  const begun = Promise.withResolvers<void>();
  const rest = Promise.withResolvers<void>();
  const first = putFile(path, target, async (sink) => {
    await sink('first');
    begun.resolve();
    await rest.promise;
    await sink(' whole');
  });
  await begun.promise;
  await expect(putFile(path, target, async (sink) => await sink('second'))).rejects.toMatchObject({
    code: 'file-unusable',
    message: expect.stringContaining(`${path} is being written already`),
  });
  rest.resolve();
  await first;
  expect(readFileSync(path, 'utf8')).toBe('first whole');
  expect(readdirSync(folder)).toEqual(['one.cast']);
});

test('a file of which the system takes only a part is not put in its place', async () => {
  const source = new URL('../../src/cli/past/put-file.ts', import.meta.url).href;
  const program = `
    import { putFile } from '${source}';
    await putFile('part', { stdout: null, replace: false }, (sink) => sink('x'.repeat(100_000)));
  `;
  // setrlimit(2), RLIMIT_FSIZE: a write beyond it writes what fits, as on a disk that becomes full.
  const limited = promisify(execFile)(
    'sh',
    ['-c', 'ulimit -f 8; exec "$0" --input-type=module --eval "$1"', process.execPath, program],
    { cwd: folder },
  );
  await expect(limited).rejects.toMatchObject({ stderr: expect.stringContaining('part could not be written: EFBIG') });
  expect(readdirSync(folder)).toEqual([]);
});

test('what goes wrong while the text is made is told as it is, and leaves no file', async () => {
  const mistake = new Error('the text could not be made');
  const put = putFile(join(folder, 'out'), target, () => Promise.reject(mistake));
  await expect(put).rejects.toBe(mistake);
  expect(readdirSync(folder)).toEqual([]);
});

test('what the file system refuses is told with the name of the file', async () => {
  const path = join(folder, 'not-there', 'out');
  const put = putFile(path, target, async (sink) => await sink('text'));
  await expect(put).rejects.toMatchObject({ code: 'file-unusable', message: expect.stringContaining(path) });
});
