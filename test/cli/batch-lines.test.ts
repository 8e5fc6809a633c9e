import { describe, expect, test } from 'vitest';

import { type BatchLine, batchLineBytesMax, batchLines } from '../../src/cli/batch-lines.ts';

async function linesOf(...chunks: readonly (string | Uint8Array)[]): Promise<readonly BatchLine[]> {
  async function* bytes(): AsyncGenerator<Uint8Array, void, void> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  const lines: BatchLine[] = [];
  for await (const line of batchLines(bytes())) lines.push(line);
  return lines;
}

describe('the lines of a batch', () => {
  test('are counted from 1, blank ones too, which are left out', async () => {
    expect(await linesOf('a\n\n \t\r\nb\r\n')).toEqual([
      { number: 1, text: 'a' },
      { number: 4, text: 'b' },
    ]);
  });

  test('may be cut anywhere by the chunks, and the last one needs no newline', async () => {
    const [first, second] = [Buffer.from('日本\n語'), Buffer.from('x')];
    for (let cut = 0; cut <= first.length; cut += 1) {
      expect(await linesOf(first.subarray(0, cut), first.subarray(cut), second)).toEqual([
        { number: 1, text: '日本' },
        { number: 2, text: '語x' },
      ]);
    }
    expect(await linesOf()).toEqual([]);
  });

  test('are taken up to their longest, and refused by number beyond, without the rest', async () => {
    const longest = 'x'.repeat(batchLineBytesMax);
    expect(await linesOf(longest, '\nb\n')).toEqual([
      { number: 1, text: longest },
      { number: 2, text: 'b' },
    ]);
    expect(await linesOf(longest, 'x', 'x\nb\n', longest, 'x')).toEqual([
      { number: 1, refusal: expect.stringContaining('longer than 1.0 MiB') },
      { number: 2, text: 'b' },
      { number: 3, refusal: expect.stringContaining('longer than 1.0 MiB') },
    ]);
  });

  test('are refused where they are not UTF-8', async () => {
    expect(await linesOf(Uint8Array.of(0x61, 0xff, 0x0a, 0x62))).toEqual([
      { number: 1, refusal: expect.stringContaining('not valid UTF-8') },
      { number: 2, text: 'b' },
    ]);
  });
});
