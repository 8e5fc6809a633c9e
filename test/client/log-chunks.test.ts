import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { chunksOf, type LogItem } from '../../src/client/log-chunks.ts';
import type { LogBatch, LogChunk, LogEnd, LogPart } from '../../src/protocol/answers.ts';
import { fakeTask } from '../protocol/served.ts';
import { microseconds } from '../support/facts.ts';

const end: LogEnd = { task: fakeTask(1), reason: 'complete', cursor: { stdout: 0, stderr: 0 } };

async function* of(...items: readonly LogItem[]): AsyncGenerator<LogItem, LogEnd, void> {
  yield* items;
  return end;
}

function packed(
  text: string,
  { parts, from = 0, first = from, bytes = text.length }: Partial<LogBatch['block']> & { parts: readonly LogPart[] },
): LogBatch {
  return { block: { stream: 'stdout', from, first, bytes, packing: 'gzip' }, parts, data: gzipSync(text) };
}

async function read(items: AsyncGenerator<LogItem, LogEnd, void>, signal = new AbortController().signal) {
  const chunks: LogChunk[] = [];
  for await (const chunk of chunksOf(items, { task: '7', signal })) chunks.push(chunk);
  return chunks.map(({ data, ...rest }) => ({ ...rest, text: Buffer.from(data).toString() }));
}

describe('the chunks of batches', () => {
  it('are the parts of the blocks, with what lies before the first left out', async () => {
    const [at, later] = [microseconds(1_000_000), microseconds(2_000_000)];
    const chunks = await read(
      of(packed('....onetwo', { from: 10, first: 14, parts: [['stdout', at, 17, 0]] }), {
        block: { stream: 'stderr', from: 0, first: 0, bytes: 3, packing: 'none' },
        parts: [
          ['stderr', later, 17, 3],
          ['stdout', null, 20, 3],
        ],
        data: Buffer.from('err'),
      }),
    );
    expect(chunks).toEqual([
      {
        stream: 'stdout',
        at: '1970-01-01T00:00:01.000Z',
        text: 'one',
        missing: null,
        cursor: { stdout: 17, stderr: 0 },
      },
      {
        stream: 'stderr',
        at: '1970-01-01T00:00:02.000Z',
        text: 'err',
        missing: null,
        cursor: { stdout: 17, stderr: 3 },
      },
      { stream: 'stdout', at: null, text: 'two', missing: null, cursor: { stdout: 20, stderr: 3 } },
    ]);
  });

  it('of a block that cannot be unpacked are refused, after all that came before', async () => {
    const whole = packed('one', { parts: [['stdout', null, 3, 0]] });
    const damaged = packed('two', { from: 3, parts: [['stdout', null, 6, 0]] });
    damaged.data[12] = 0xff ^ (damaged.data[12] ?? 0);
    const chunks = chunksOf(of(whole, damaged), { task: '7', signal: new AbortController().signal });
    expect((await chunks.next()).value).toMatchObject({ cursor: { stdout: 3, stderr: 0 } });
    await expect(chunks.next()).rejects.toMatchObject({
      code: 'log-unreadable',
      message: expect.stringMatching(/^the stdout of task 7 cannot be read at byte 3: /) as string,
    });
  });

  it('of a block that is shorter or longer than it should be are refused', async () => {
    for (const bytes of [2, 4]) {
      const batch = packed('one', { bytes, parts: [['stdout', null, 2, 0]] });
      await expect(read(of(batch))).rejects.toMatchObject({ code: 'log-unreadable' });
    }
  });

  it('that lie in no block are a breach of the protocol', async () => {
    const beyond = packed('one', { parts: [['stdout', null, 4, 0]] });
    await expect(read(of(beyond))).rejects.toMatchObject({ code: 'protocol-violation' });
    const nowhere: LogBatch = { block: null, parts: [['stderr', null, 0, 1]], data: new Uint8Array() };
    await expect(read(of(nowhere))).rejects.toMatchObject({ code: 'protocol-violation' });
  });

  it('come no more once the signal is aborted, also those that are there already', async () => {
    const leaving = new AbortController();
    const batch = packed('onetwo', {
      parts: [
        ['stdout', null, 3, 0],
        ['stdout', null, 6, 0],
      ],
    });
    const chunks = chunksOf(of(batch), { task: '7', signal: leaving.signal });
    await chunks.next();
    leaving.abort(new Error('left'));
    await expect(chunks.next()).rejects.toThrow('left');
  });

  it('are given as they come: none waits for what is asked for ahead', async () => {
    const next = Promise.withResolvers<never>();
    async function* items(): AsyncGenerator<LogItem, LogEnd, void> {
      yield packed('one', { parts: [['stdout', null, 3, 0]] });
      return await next.promise;
    }
    const chunks = chunksOf(items(), { task: '7', signal: new AbortController().signal });
    expect((await chunks.next()).value).toMatchObject({ cursor: { stdout: 3, stderr: 0 } });
    next.reject(new Error('lost'));
    await expect(chunks.next()).rejects.toThrow('lost');
  });
});
