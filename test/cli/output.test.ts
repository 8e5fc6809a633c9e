import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { StreamOutput } from '../../src/cli/output.ts';

/** A program in a process of its own, with the source of src/cli under its real Node. */
function node(program: string): readonly [string, readonly string[]] {
  const source = fileURLToPath(new URL('../../src/cli/', import.meta.url));
  return [process.execPath, ['--input-type=module', '--eval', program.replaceAll('SOURCE', `file://${source}`)]];
}

test('a pipe whose reader has gone closes the output, and nothing is thrown', async () => {
  const [command, argv] = node(`
    import { StreamOutput } from 'SOURCEoutput.ts';
    const stdout = new StreamOutput({ isTerminal: false, open: () => process.stdout });
    let writes = 0;
    while (!stdout.closed) { await stdout.write('x'.repeat(65536)); writes += 1; }
    await stdout.write('more');
    process.stderr.write('closed after at least one: ' + (writes > 0));
  `);
  const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += String(data);
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'closed after at least one: true' });
});

test('a full disk is an error that is told, not a quiet end', async () => {
  const full = new StreamOutput({ isTerminal: false, open: () => createWriteStream('/dev/full') });
  await expect(full.write('x')).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('ENOSPC') });
  expect(full.closed).toBe(false);
});

function failing({ isTerminal }: { readonly isTerminal: boolean }): StreamOutput {
  const open = (): Writable =>
    new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' })),
    });
  return new StreamOutput({ isTerminal, open });
}

test('EIO of a terminal is its hangup, which ends the output quietly', async () => {
  const terminal = failing({ isTerminal: true });
  await terminal.write('x');
  expect(terminal.closed).toBe(true);
});

test('EIO of a file is a disk that fails, which is told', async () => {
  const file = failing({ isTerminal: false });
  await expect(file.write('x')).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('EIO') });
  expect(file.closed).toBe(false);
});

test('a write settles only when the reader has made room', async () => {
  const stream = new PassThrough({ highWaterMark: 4 });
  const output = new StreamOutput({ isTerminal: false, open: () => stream });
  const order: string[] = [];
  const written = (async () => {
    for (const word of ['12345678', 'abcdefgh', 'z']) {
      await output.write(word);
      order.push(word);
    }
  })();
  await new Promise(setImmediate);
  expect(order).not.toContain('z');
  stream.resume();
  await written;
  expect(order).toEqual(['12345678', 'abcdefgh', 'z']);
});

test('what is no terminal has no columns', () => {
  const pipe = new StreamOutput({ isTerminal: false, open: () => new PassThrough() });
  expect(pipe).toMatchObject({ isTerminal: false, columns: null, closed: false });
});

test('the kernel tells which word of a real command line is not valid UTF-8', () => {
  const [command, argv] = node(`
    import { findInvalidWord, readRawArguments } from 'SOURCEargument-bytes.ts';
    console.log(findInvalidWord(process.argv.slice(1), readRawArguments));
  `);
  const placeOf = (words: string): string =>
    execFileSync('sh', ['-c', `exec "$0" "$@" -- ${words}`, command, ...argv])
      .toString()
      .trim();
  expect(placeOf(String.raw`run "$(printf 'a\357\277\275')" "" x`)).toBe('null');
  expect(placeOf(String.raw`run "" "$(printf 'caf\351')" x`)).toBe('2');
  expect(placeOf('run plain')).toBe('null');
});
