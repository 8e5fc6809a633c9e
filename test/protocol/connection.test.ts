import { Duplex, duplexPair } from 'node:stream';

import { describe, expect, it, vi } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import type { Actor } from '../../src/journal/events.ts';
import type { LogBatch, LogChunk, LogEnd } from '../../src/protocol/answers.ts';
import { ClientConnection } from '../../src/protocol/client-connection.ts';
import { DaemonConnection } from '../../src/protocol/daemon-connection.ts';
import { FrameChannel } from '../../src/protocol/frame-channel.ts';
import { encodeFrame } from '../../src/protocol/frame.ts';
import {
  frameBytesMax,
  frameStallMs,
  messagesAtOnceMax,
  protocolVersion,
  requestBytesMax,
  requestsPerConnectionMax,
  streamWindowItems,
} from '../../src/protocol/limits.ts';
import { until } from '../support/until.ts';
import {
  asError,
  codeOf,
  fakeHandlers,
  fakeTask,
  followWhole,
  gate,
  greeting,
  listAll,
  listNow,
  listed,
  readAll,
  serve,
} from './served.ts';

const logOfOne = { task: '1', ...followWhole } as const;
const waitForAll = { tasks: [], mode: 'all', timeoutMs: null } as const;
const end: LogEnd = { task: fakeTask(1), reason: 'complete', cursor: { stdout: 0, stderr: 0 } };

function chunk(index: number, bytes = 1): LogChunk & { readonly data: Buffer } {
  const cursor = { stdout: index, stderr: 0 };
  return { stream: 'stdout', at: null, data: Buffer.alloc(bytes, index), missing: null, cursor };
}

function stdoutOf(item: LogChunk | LogBatch): number {
  if ('parts' in item) throw new Error('no batches were asked for');
  return item.cursor.stdout;
}

describe('a request', () => {
  it('is answered under the name of who asked', async () => {
    const actors: Actor[] = [];
    await using served = await serve({
      list: async (_parameters, { actor }) => {
        actors.push(actor);
        return listed([fakeTask(1)]);
      },
    });
    const client = await served.connect({ program: 'ghost-cli 9', terminal: '/dev/pts/3' });
    expect(await client.request('list', listNow)).toEqual(listed([fakeTask(1)]));
    expect(actors).toEqual([
      {
        kind: 'client',
        uid: process.getuid?.(),
        pid: process.pid,
        client: 'ghost-cli 9',
        terminal: '/dev/pts/3',
        commandLine: `command line of ${process.pid}`,
      },
    ]);
  });

  it('goes out before the hello of the daemon has come, in one write with its own', async () => {
    const writes: Buffer[] = [];
    const duplex = new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _encoding, done) => {
        writes.push(bytes);
        done();
      },
      writev: (parts, done) => {
        writes.push(Buffer.concat(parts.map(({ chunk: bytes }) => bytes)));
        done();
      },
    });
    const connection = new ClientConnection(duplex, { program: 'raw 1', pid: 1, terminal: null });
    const answer = connection.request('ping', {}).catch(codeOf);
    await until('something is written', () => writes.length > 0);
    const request = { kind: 'request', id: 1, operation: 'ping', parameters: {} };
    const frames = [greeting, request].map((message) => encodeFrame(message, { bytesMax: frameBytesMax }));
    expect(writes).toEqual([Buffer.concat(frames)]);
    await connection.close();
    expect(await answer).toBe('connection-lost');
  });

  it('does not wait for those before it: many are under way at once and each gets its own answer', async () => {
    const gates = Array.from({ length: 200 }, gate);
    await using served = await serve({
      show: async ({ task }) => {
        await gates[Number(task)]?.opened;
        throw new GhostError('no-such-task', `There is no task ${task}.`, { field: 'task', task: Number(task) });
      },
    });
    const client = await served.connect();
    const answers = gates.map(
      async (_gate, index) => await client.request('show', { task: String(index), at: null }).catch(asError),
    );
    for (const { open } of gates.toReversed()) open();
    const errors = await Promise.all(answers);
    expect(errors.map(({ task }) => task)).toEqual(gates.map((_gate, index) => index));
    expect(errors[7]).toMatchObject({ code: 'no-such-task', message: 'There is no task 7.', field: 'task' });
  });

  it('that is wrong gets an error naming the field, and the connection goes on', async () => {
    await using served = await serve();
    const client = await served.connect();
    await expect(client.request('show', { task: '', at: null })).rejects.toMatchObject({
      code: 'invalid-request',
      field: 'task',
    });
    expect(await client.request('ping', {})).toEqual({});
  });

  it('for an operation that there is not gets an error', async () => {
    await using served = await serve();
    const raw = await served.connectRaw();
    raw.send(greeting, { kind: 'request', id: 1, operation: 'destroy', parameters: {} });
    expect(await raw.next()).toMatchObject({ kind: 'hello' });
    expect(await raw.next()).toMatchObject({
      kind: 'error',
      id: 1,
      error: { code: 'invalid-request', field: 'operation' },
    });
  });

  it('that is too large is refused before it is sent, and the connection goes on', async () => {
    await using served = await serve();
    const client = await served.connect();
    const tasks = Array(20).fill('x'.repeat(requestBytesMax / 16));
    await expect(client.request('wait', { tasks, mode: 'all', timeoutMs: null })).rejects.toMatchObject({
      code: 'request-too-large',
    });
    expect(await client.request('ping', {})).toEqual({});
  });

  it('whose handler has a fault gets a plain sentence, and the daemon gets the error', async () => {
    const fault = new TypeError('secret of the inside');
    await using served = await serve({
      list: () => {
        throw fault;
      },
    });
    const client = await served.connect();
    const error = await client.request('list', listNow).then(() => null, asError);
    expect(error).toMatchObject({ code: 'internal' });
    expect(error?.message).not.toContain('secret');
    expect(served.internalErrors).toEqual([fault]);
  });

  it('whose answer is too large, or cannot be sent, gets an error and not silence', async () => {
    await using served = await serve({
      list: async ({ all }) => listed([{ ...fakeTask(1), cwd: all ? 'x'.repeat(frameBytesMax) : '\uD800' }]),
    });
    const client = await served.connect();
    await expect(client.request('list', listAll)).rejects.toMatchObject({
      code: 'request-too-large',
    });
    await expect(client.request('list', listNow)).rejects.toMatchObject({ code: 'internal' });
    expect(served.internalErrors).toHaveLength(1);
  });

  it('that is aborted rejects at once and tells the handler', async () => {
    const aborted = gate();
    await using served = await serve({
      wait: async (_parameters, { signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        aborted.open();
        return [];
      },
    });
    const client = await served.connect();
    const controller = new AbortController();
    const answer = client.request('wait', { tasks: [], mode: 'all', timeoutMs: null }, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    await aborted.opened;
    expect(await client.request('ping', {})).toEqual({});
  });

  it('over the number that may be under way waits in the client for one that ends', async () => {
    const held = gate();
    let most = 0;
    let now = 0;
    await using served = await serve({
      wait: async () => {
        most = Math.max(most, ++now);
        await held.opened;
        now--;
        return [];
      },
    });
    const client = await served.connect();
    const answers = Array.from(
      { length: requestsPerConnectionMax + 50 },
      async () => await client.request('wait', waitForAll),
    );
    await until('all that may be are under way', () => now === requestsPerConnectionMax);
    held.open();
    expect(await Promise.all(answers)).toHaveLength(requestsPerConnectionMax + 50);
    expect(most).toBe(requestsPerConnectionMax);
  });

  it('that waits for one that ends is let go at once by its signal, and leaves its turn to the next where it asks nothing', async () => {
    const held: (() => void)[] = [];
    await using served = await serve({
      wait: async () => {
        const { opened, open } = gate();
        held.push(open);
        await opened;
        return [];
      },
    });
    const client = await served.connect();
    const answers = Array.from(
      { length: requestsPerConnectionMax },
      async () => await client.request('wait', waitForAll),
    );
    await until('all that may be are under way', () => held.length === requestsPerConnectionMax);
    const controller = new AbortController();
    const aborted = client.request('ping', {}, { signal: controller.signal });
    const abortedStream = client.stream('log', logOfOne, { signal: controller.signal }).next();
    const tooLarge = client.request('show', { task: 'x'.repeat(requestBytesMax), at: null });
    const last = client.request('ping', {});
    // Nothing has ended yet.
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(abortedStream).rejects.toThrow('enough');
    // One slot, and the first to be woken for it asks nothing.
    held[0]?.();
    await expect(tooLarge).rejects.toMatchObject({ code: 'request-too-large' });
    expect(await last).toEqual({});
    for (const open of held) open();
    await Promise.all(answers);
  });

  it('over that number is refused by the daemon, one from a client without manners too', async () => {
    const held = gate();
    await using served = await serve({
      wait: async () => {
        await held.opened;
        return [];
      },
    });
    const raw = await served.connectRaw();
    const ids = Array.from({ length: requestsPerConnectionMax + 1 }, (_value, index) => index + 1);
    const requests = ids.map((id) => ({
      kind: 'request',
      id,
      operation: 'wait',
      parameters: waitForAll,
    }));
    raw.send(greeting, ...requests);
    expect(await raw.next()).toMatchObject({ kind: 'hello' });
    expect(await raw.next()).toMatchObject({
      kind: 'error',
      id: requestsPerConnectionMax + 1,
      error: { code: 'invalid-request' },
    });
    held.open();
    expect(await raw.next()).toMatchObject({ kind: 'response' });
  });
});

describe('a stream', () => {
  it('gives every item in order and its result at the end', async () => {
    await using served = await serve({
      async *log() {
        for (let index = 0; index < 100; index++) yield chunk(index, 64 * 1024);
        return end;
      },
    });
    const client = await served.connect();
    const { items, result } = await readAll(client.stream('log', logOfOne));
    expect(items.map(stdoutOf)).toEqual(Array.from({ length: 100 }, (_value, index) => index));
    // Comparing buffers of this size element by element takes the test longer than sending them.
    expect(items.every(({ data }, index) => chunk(index, 64 * 1024).data.equals(data))).toBe(true);
    expect(result).toEqual(end);
  });

  it('is made only as far as its reader has asked for, and goes on when it reads again', async () => {
    let made = 0;
    await using served = await serve({
      async *log() {
        while (made < 50) yield chunk(made++);
        return end;
      },
    });
    const raw = await served.connectRaw();
    raw.send(greeting, { kind: 'request', id: 1, operation: 'log', parameters: logOfOne });
    await raw.next();
    for (let item = 0; item < streamWindowItems; item++) {
      expect(await raw.next()).toMatchObject({ kind: 'item', id: 1 });
    }
    // An answer to a later question shows that everything asked before was done.
    raw.send({ kind: 'request', id: 2, operation: 'ping', parameters: {} });
    expect(await raw.next()).toMatchObject({ kind: 'response', id: 2 });
    expect(made).toBe(streamWindowItems);
    raw.send({ kind: 'more', id: 1, items: 2 });
    for (let item = 0; item < 2; item++) expect(await raw.next()).toMatchObject({ kind: 'item', id: 1 });
    raw.send({ kind: 'request', id: 3, operation: 'ping', parameters: {} });
    expect(await raw.next()).toMatchObject({ kind: 'response', id: 3 });
    expect(made).toBe(streamWindowItems + 2);
  });

  it('that its reader leaves is cancelled, its generator is closed, and the connection goes on', async () => {
    const closed = gate();
    let made = 0;
    await using served = await serve({
      async *log() {
        try {
          for (;;) yield chunk(made++ % 256);
        } finally {
          closed.open();
        }
      },
    });
    const client = await served.connect();
    for await (const item of client.stream('log', logOfOne)) if (stdoutOf(item) === 10) break;
    await closed.opened;
    expect(made).toBeLessThanOrEqual(11 + 2 * streamWindowItems);
    expect(await client.request('ping', {})).toEqual({});
  });

  it('that is cancelled while it waits for something to come ends, and its id is free again', async () => {
    await using served = await serve({
      async *log(_parameters, { signal }) {
        yield chunk(1);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        return end;
      },
    });
    const raw = await served.connectRaw();
    const request = { kind: 'request', id: 1, operation: 'log', parameters: logOfOne };
    raw.send(greeting, request);
    await raw.next();
    expect(await raw.next()).toMatchObject({ kind: 'item', id: 1 });
    raw.send({ kind: 'cancel', id: 1 });
    expect(await raw.next()).toEqual({ kind: 'end', id: 1, result: null });
    raw.send(request);
    expect(await raw.next()).toMatchObject({ kind: 'item', id: 1 });
  });

  it('that fails gives the items that came before', async () => {
    await using served = await serve({
      async *log() {
        yield chunk(1);
        throw new GhostError('log-unreadable', 'The log of task 1 cannot be read.');
      },
    });
    const client = await served.connect();
    const stream = client.stream('log', logOfOne);
    expect(await stream.next()).toEqual({ done: false, value: chunk(1) });
    await expect(stream.next()).rejects.toMatchObject({ code: 'log-unreadable' });
  });

  it('runs beside others, and one that is not read holds up none of them', async () => {
    await using served = await serve({
      async *log({ task }) {
        for (let index = 0; index < 30; index++) yield chunk(Number(task));
        return end;
      },
    });
    const client = await served.connect();
    const idle = client.stream('log', logOfOne);
    await idle.next();
    const read = async (task: string): Promise<number> =>
      (await readAll(client.stream('log', { ...logOfOne, task }))).items.length;
    expect(await Promise.all(['2', '3', '4'].map(read))).toEqual([30, 30, 30]);
    await idle.return(end);
  });
});

describe('a connection', () => {
  it.each<[string, readonly unknown[]]>([
    ['a request before the hello', [{ kind: 'request', id: 1, operation: 'ping', parameters: {} }]],
    ['a second hello', [greeting, greeting]],
    [
      'an id that is under way',
      [
        greeting,
        { kind: 'request', id: 1, operation: 'list', parameters: listAll },
        { kind: 'request', id: 1, operation: 'ping', parameters: {} },
      ],
    ],
    ['a message of no known kind', [greeting, { kind: 'shout' }]],
    ['a message that is no map', [greeting, [1, 2]]],
    ['a field that is not known', [greeting, { kind: 'cancel', id: 1, why: 'so' }]],
    ['an id that is no number', [greeting, { kind: 'cancel', id: '1' }]],
    ['more of nothing', [greeting, { kind: 'more', id: 1, items: 0 }]],
    ['more than can be', [greeting, { kind: 'more', id: 1, items: 1e9 }]],
    ['a hello without a program', [{ ...greeting, program: '' }]],
    ['a hello with a field that is not known', [{ ...greeting, mood: 'good' }]],
  ])('is ended with a fault over %s, and no other is', async (_what, messages) => {
    const held = gate();
    await using served = await serve({
      list: async () => {
        await held.opened;
        return listed([]);
      },
    });
    const other = await served.connect();
    const raw = await served.connectRaw();
    raw.send(...messages);
    const answers = await raw.rest();
    expect(answers.at(-1)).toMatchObject({ kind: 'fault', error: { code: 'protocol-violation' } });
    expect(await other.request('ping', {})).toEqual({});
    held.open();
  });

  it.each<[string, Buffer, string]>([
    ['bytes that are no message', Buffer.from('\0\0\0\x05hello', 'latin1'), 'protocol-violation'],
    ['a request in HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'request-too-large'],
    ['a frame over the limit', Buffer.from([0, 0x10, 0, 1]), 'request-too-large'],
  ])('is ended with a fault over %s', async (_what, bytes, code) => {
    await using served = await serve();
    const raw = await served.connectRaw();
    raw.socket.write(bytes);
    expect((await raw.rest()).at(-1)).toMatchObject({ kind: 'fault', error: { code } });
  });

  it('lets a client read the fault while it is still sending what is too large', async () => {
    await using served = await serve();
    const raw = await served.connectRaw();
    const tooLarge = Buffer.alloc(3 * requestBytesMax, 0xc0);
    tooLarge.writeUInt32BE(tooLarge.length - 4);
    raw.socket.write(tooLarge);
    expect((await raw.rest()).at(-1)).toMatchObject({ kind: 'fault', error: { code: 'request-too-large' } });
  });

  it('takes a request of exactly the limit', async () => {
    await using served = await serve({ wait: async () => [] });
    const raw = await served.connectRaw();
    const request = (tasks: readonly string[]) => ({
      kind: 'request',
      id: 1,
      operation: 'wait',
      parameters: { tasks, mode: 'all', timeoutMs: null },
    });
    // Long enough that every length is written in five bytes.
    const filled = 70_000;
    const base = encodeFrame(request(['x'.repeat(filled)]), { bytesMax: frameBytesMax }).length - 4;
    raw.send(greeting, request(['x'.repeat(filled + requestBytesMax - base)]));
    await raw.next();
    expect(await raw.next()).toMatchObject({
      kind: 'error',
      id: 1,
      error: { code: 'invalid-request', field: 'tasks[0]' },
    });
  });

  it('that ends inside a frame ends quietly, with what was under way cancelled', async () => {
    const aborted = gate();
    await using served = await serve({
      wait: async (_parameters, { signal }) => {
        signal.addEventListener('abort', aborted.open);
        await aborted.opened;
        return [];
      },
    });
    const raw = await served.connectRaw();
    raw.send(greeting, {
      kind: 'request',
      id: 1,
      operation: 'wait',
      parameters: { tasks: [], mode: 'all', timeoutMs: null },
    });
    await raw.next();
    raw.socket.end(Buffer.from([0, 0, 1]));
    await aborted.opened;
    expect(await raw.rest()).toEqual([]);
    expect(served.internalErrors).toEqual([]);
  });

  it('of a client with another version is told so and does nothing', async () => {
    let asked = 0;
    await using served = await serve({
      list: async () => {
        asked++;
        return listed([]);
      },
    });
    const raw = await served.connectRaw();
    raw.send(
      { ...greeting, protocol: 99, shape: 'of the future' },
      { kind: 'request', id: 1, operation: 'list', parameters: listAll },
    );
    const [hello, fault, ...rest] = await raw.rest();
    expect(hello).toMatchObject({ kind: 'hello', protocol: protocolVersion });
    expect(fault).toMatchObject({
      kind: 'fault',
      error: { code: 'protocol-mismatch', message: expect.stringMatching(/1.*99/) },
    });
    expect(rest).toEqual([]);
    expect(asked).toBe(0);
  });

  it('that says no hello is ended after a while', async () => {
    const [ours, theirs] = duplexPair();
    const said: Buffer[] = [];
    ours.on('data', (bytes: Buffer) => said.push(bytes));
    const connection = daemonConnection(theirs, { helloTimeoutMs: 20 });
    await until('the connection ends', () => ours.readableEnded);
    ours.end();
    await connection.closed;
    expect(Buffer.concat(said).toString('latin1')).toContain('protocol-violation');
  });

  it('whose client stops in the middle of a frame is ended after a while, and one that goes on with it is not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const [ours, theirs] = duplexPair();
      const said: Buffer[] = [];
      ours.on('data', (bytes: Buffer) => said.push(bytes));
      const connection = daemonConnection(theirs, {});
      ours.write(encodeFrame(greeting, { bytesMax: frameBytesMax }));
      const frame = encodeFrame({ kind: 'request', id: 1, operation: 'ping', parameters: {} }, { bytesMax: 1_000 });
      const saidSoFar = async (rounds: number): Promise<string> => {
        for (let round = 0; round < rounds; round++) await new Promise(setImmediate);
        return Buffer.concat(said).toString('latin1');
      };
      for (const byte of frame) {
        ours.write(Buffer.from([byte]));
        expect(await saidSoFar(3)).not.toContain('fault');
        vi.advanceTimersByTime(frameStallMs - 1);
      }
      expect(await saidSoFar(3)).toContain('response');
      vi.advanceTimersByTime(2 * frameStallMs);
      ours.write(frame.subarray(0, 20));
      expect(await saidSoFar(3)).not.toContain('fault');
      vi.advanceTimersByTime(frameStallMs);
      expect(await saidSoFar(10)).toContain('nothing more of it came for 30 s');
      ours.end();
      await connection.closed;
    } finally {
      vi.useRealTimers();
    }
  });

  it('is asked a thousand times for a long list that is not read, and makes one after the other', async () => {
    let made = 0;
    const long = listed(Array.from({ length: 5_000 }, (_value, index) => fakeTask(index)));
    await using served = await serve({
      list: async () => {
        made++;
        return long;
      },
    });
    const raw = await served.connectRaw();
    raw.socket.pause();
    const ids = Array.from({ length: requestsPerConnectionMax }, (_value, index) => index + 1);
    raw.send(greeting, ...ids.map((id) => ({ kind: 'request', id, operation: 'list', parameters: listAll })));
    const other = await served.connect();
    for (let round = 0; round < 50; round++) await other.request('ping', {});
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(5);
    raw.socket.resume();
    for (let answer = 0; answer < 20; answer++) expect(await raw.next()).not.toBeNull();
    expect(made).toBeLessThan(30);
  });

  it('does not keep a short question waiting behind a long answer', async () => {
    const held = gate();
    await using served = await serve({
      history: async () => {
        await held.opened;
        return listed([]);
      },
    });
    const client = await served.connect();
    const question = { filter: { terms: [], forgotten: false }, before: null, limit: 1 };
    const long = client.request('history', question);
    expect(await client.request('ping', {})).toEqual({});
    held.open();
    expect(await long).toEqual(listed([]));
  });

  it('that brings very many messages at once lets others have their turn in between', async () => {
    const [ours, theirs] = duplexPair();
    let taken = 0;
    const channel = new FrameChannel(theirs, {
      bytesMax: { in: requestBytesMax, out: frameBytesMax },
      from: 'anybody',
      messagesAtOnceMax,
      onMessage: () => (taken += 1),
      onFlaw: (error) => {
        throw error;
      },
      onClose: () => undefined,
    });
    const frames = Array.from({ length: 10 * messagesAtOnceMax }, () => encodeFrame({}, { bytesMax: 100 }));
    ours.write(Buffer.concat(frames));
    const steps: number[] = [];
    for (let before = 0; taken < frames.length; before = taken) {
      await new Promise(setImmediate);
      steps.push(taken - before);
    }
    expect(Math.max(...steps)).toBe(messagesAtOnceMax);
    channel.destroy();
  });

  it('whose client reads nothing stops being read, and keeps a bounded number of answers', async () => {
    let answered = 0;
    await using served = await serve({
      list: async () => {
        answered++;
        return listed(Array.from({ length: 500 }, (_value, index) => fakeTask(index)));
      },
    });
    const raw = await served.connectRaw();
    raw.socket.pause();
    raw.send(greeting);
    for (let id = 1; id <= 100; id++) {
      raw.send({ kind: 'request', id, operation: 'list', parameters: listAll });
      if (id % 5 === 0) await new Promise(setImmediate);
    }
    const other = await served.connect();
    for (let round = 0; round < 50; round++) await other.request('ping', {});
    expect(answered).toBeLessThan(100);
    raw.socket.resume();
    for (let answer = 0; answer < 101; answer++) expect(await raw.next()).not.toBeNull();
    expect(answered).toBe(100);
  });
});

describe('the client', () => {
  it('names both versions and says what to do when the daemon is newer', async () => {
    const client = clientTold({ ...greeting, program: 'ghostd 0.0.1', pid: 77, protocol: protocolVersion + 1 });
    await expect(client.request('ping', {})).rejects.toMatchObject({
      code: 'protocol-mismatch',
      message: expect.stringMatching(/version 1 .*ghostd 0\.0\.1, pid 77.* version 2/),
      hint: expect.stringContaining('newer'),
    });
  });

  it('rejects all that is under way when the connection is lost', async () => {
    await using served = await serve({
      wait: async () => await new Promise(() => undefined),
      async *log() {
        await new Promise(() => undefined);
        yield chunk(1);
        return end;
      },
    });
    const client = await served.connect();
    const outcomes = [
      client.request('wait', { tasks: [], mode: 'all', timeoutMs: null }),
      client.stream('log', logOfOne).next(),
      client.request('wait', { tasks: [], mode: 'any', timeoutMs: null }),
    ].map(async (promise) => await promise.catch(codeOf));
    await client.hello;
    await served.server.close({ graceMs: 1_000 });
    expect(await Promise.all(outcomes)).toEqual(Array(3).fill('connection-lost'));
    expect(client.isOpen).toBe(false);
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('leaves aside what it does not know in a daemon’s messages, its hello too', async () => {
    const client = clientTold({ ...greeting, mood: 'good' }, { kind: 'response', id: 1, result: {}, mood: 'good' });
    expect(await client.request('ping', {})).toEqual({});
    expect(await client.hello).toEqual(greeting);
  });

  it('says that a daemon is stuck that takes the connection and says nothing', async () => {
    const [ours] = duplexPair();
    const client = new ClientConnection(ours, { program: 'test', pid: 1, terminal: null, helloTimeoutMs: 20 });
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'daemon-stuck' });
    await expect(client.hello).rejects.toMatchObject({ code: 'daemon-stuck' });
  });

  it('passes on the reason of a fault', async () => {
    const error = { code: 'permission-refused', message: 'No.', hint: 'Go.', field: null, task: null };
    await expect(clientTold({ kind: 'fault', error }).request('ping', {})).rejects.toMatchObject(error);
  });

  it.each<[string, readonly unknown[]]>([
    ['answers before its hello', [{ kind: 'response', id: 1, result: {} }]],
    ['says hello twice', [greeting, greeting]],
    ['answers what was not asked', [greeting, { kind: 'response', id: 2, result: {} }]],
    ['sends items for a request without any', [greeting, { kind: 'item', id: 1, item: {} }]],
    ['speaks of something else', [greeting, { kind: 'weather' }]],
  ])('gives up a daemon that %s', async (_what, messages) => {
    await expect(clientTold(...messages).request('ping', {})).rejects.toMatchObject({ code: 'protocol-violation' });
  });

  it('gives up a daemon that sends more items than were asked for', async () => {
    const item = { kind: 'item', id: 1, item: chunk(1) };
    const client = clientTold(greeting, ...Array.from({ length: streamWindowItems + 1 }, () => item));
    // One goes to the reader that waits for it, which makes room for one more.
    await expect(readAll(client.stream('log', logOfOne))).rejects.toMatchObject({ code: 'protocol-violation' });
  });

  it('reads an error with a code that it does not know as internal', async () => {
    const error = { code: 'of-the-future', message: 'What?', hint: '', field: null, task: null };
    const client = clientTold(greeting, { kind: 'error', id: 1, error });
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'internal', message: 'What?' });
  });
});

/** A client whose daemon says these things as soon as it has been asked something. */
function clientTold(...messages: readonly unknown[]): ClientConnection {
  const [ours, theirs] = duplexPair();
  theirs.once('data', () => {
    for (const message of messages) theirs.write(encodeFrame(message, { bytesMax: frameBytesMax }));
  });
  return new ClientConnection(ours, { program: 'test', pid: 1, terminal: null });
}

function daemonConnection(duplex: Duplex, limits: { helloTimeoutMs?: number }): DaemonConnection {
  const actor: Actor = { kind: 'client', uid: 0, pid: 1, client: 'test', terminal: null, commandLine: null };
  return new DaemonConnection(duplex, {
    program: 'ghostd test',
    pid: 1,
    handlers: fakeHandlers(),
    actorOf: () => actor,
    onInternalError: () => undefined,
    ...limits,
  });
}
