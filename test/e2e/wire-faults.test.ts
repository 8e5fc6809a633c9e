import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';

import { encodeFrame } from '../../src/protocol/frame.ts';
import { frameBytesMax, messageDepthMax, requestBytesMax } from '../../src/protocol/limits.ts';
import { auditAll, followWhole, greeting, listAll, type RawClient } from '../protocol/served.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { connectRaw, frameOf, lengthOf, request, Wellbeing } from '../support/raw-daemon.ts';
import { until } from '../support/until.ts';

const logOfFirst = { task: '1', ...followWhole };

/** A message as MessagePack would have it, whatever the rules of the wire say. */
const lax = new Packr({ useRecords: false, moreTypes: true });

describe('300 clients at once', () => {
  test('are all answered, an ordinary one as well, and leave nothing', async () => {
    await using home = new GhostHome();
    await home.run(['sleep', '600']);
    const daemon = await Wellbeing.of(home);
    const clients = await Promise.all(Array.from({ length: 300 }, () => connectRaw(home)));
    for (const client of clients) {
      client.send(
        greeting,
        request(1, 'watch', { after: 0 }),
        request(2, 'log', logOfFirst),
        request(3, 'wait', { tasks: ['1'], mode: 'all', timeoutMs: null }),
        request(4, 'list', listAll),
      );
    }
    const lists = await Promise.all(clients.map((client) => answerTo(client, 4)));
    expect(lists.filter((list) => list.kind === 'response')).toHaveLength(300);
    expect(await daemon.complaints()).toEqual([]);
    end(clients);
    expect(await daemon.complaintsAfter()).toEqual([]);
  });
});

describe('a client that sends half a frame and waits', () => {
  test('keeps nobody waiting, and is not paid for what it announced', async () => {
    await using home = new GhostHome();
    await home.complete(['true']);
    const daemon = await Wellbeing.of(home);
    const clients = await Promise.all(Array.from({ length: 200 }, () => connectRaw(home)));
    for (const client of clients) {
      const half = Buffer.alloc(1_000);
      half.writeUInt32BE(requestBytesMax);
      client.send(greeting);
      client.socket.write(half);
      await client.next();
    }
    expect(await daemon.complaints()).toEqual([]);
    end(clients);
    expect(await daemon.complaintsAfter()).toEqual([]);
  });
});

describe('frames that break the protocol', () => {
  const tooDeep = Array.from({ length: 100_000 }).fill(0x91);
  const wrong: readonly (readonly [what: string, bytes: Buffer, code: string])[] = [
    ['too long', lengthOf(requestBytesMax + 1), 'request-too-large'],
    ['as long as can be', lengthOf(2 ** 32 - 1), 'request-too-large'],
    ['without a body', lengthOf(0), 'protocol-violation'],
    ['one level too deep', frameOf(lax.pack(nested(messageDepthMax + 1))), 'protocol-violation'],
    ['far too deep', frameOf(Buffer.from(tooDeep as number[])), 'protocol-violation'],
    ['that is text', frameOf(lax.pack('hello')), 'protocol-violation'],
    ['that is a list', frameOf(lax.pack([greeting])), 'protocol-violation'],
    ['with a date', frameOf(lax.pack({ ...greeting, pid: new Date(0) })), 'protocol-violation'],
    ['with a set', frameOf(lax.pack({ ...greeting, pid: new Set([1]) })), 'protocol-violation'],
    ['with no number', frameOf(lax.pack({ ...greeting, pid: Number.NaN })), 'protocol-violation'],
    ['with a huge number', frameOf(lax.pack({ ...greeting, pid: 2n ** 63n - 1n })), 'protocol-violation'],
    ['with a list of four billion items', frameOf(Buffer.from([0xdd, 255, 255, 255, 255])), 'protocol-violation'],
    ['with text that is not UTF-8', frameOf(Buffer.from([0x81, 0xa1, 0xff, 1])), 'protocol-violation'],
    [
      'with __proto__',
      frameOf(Buffer.from('\u0081\u00a9__proto__\u0081\u00a4kind\u00a5hello', 'latin1')),
      'protocol-violation',
    ],
    ['with a pid of the wrong type', framed({ ...greeting, pid: 'one' }), 'protocol-violation'],
    ['with a field too many', framed({ ...greeting, uid: 0 }), 'protocol-violation'],
    ['with a name too long', framed({ ...greeting, program: 'x'.repeat(257) }), 'protocol-violation'],
    ['of an older protocol', framed({ ...greeting, protocol: 0 }), 'protocol-violation'],
    ['of a newer protocol', framed({ ...greeting, protocol: 2 ** 40 }), 'protocol-mismatch'],
    ['in the wrong order', framed(request(1, 'list', listAll), greeting), 'protocol-violation'],
    ['of the daemon', framed(greeting, { kind: 'response', id: 1, result: {} }), 'protocol-violation'],
    ['with a second hello', framed(greeting, greeting), 'protocol-violation'],
    ['with an id of nothing', framed(greeting, request(0, 'list', listAll)), 'protocol-violation'],
    [
      'with an id twice',
      framed(greeting, request(1, 'watch', { after: null }), request(1, 'list', listAll)),
      'protocol-violation',
    ],
  ];

  test('cost whoever sent them the connection, and nobody else anything', async () => {
    await using home = new GhostHome();
    await home.complete(['true']);
    const daemon = await Wellbeing.of(home);
    const codes: unknown[] = [];
    for (const [what, bytes] of wrong) {
      const client = await connectRaw(home);
      client.socket.write(bytes);
      const last = (await client.rest()).at(-1);
      codes.push([what, last?.kind === 'fault' ? last.error.code : last]);
    }
    expect(codes).toEqual(wrong.map(([what, , code]) => [what, code]));
    expect(await daemon.complaintsAfter()).toEqual([]);
  });
});

describe('a client that asks and never reads', () => {
  test('is bounded in what is kept for it, and nobody waits for it', async () => {
    await using home = new GhostHome();
    const large = Array.from({ length: 4 }, () => 'x'.repeat(100_000));
    for (let task = 0; task < 4; task++) await home.complete(['true', ...large]);
    const daemon = await Wellbeing.of(home);
    const operations: Record<string, unknown> = {
      list: listAll,
      show: { task: '1', at: null },
      history: { filter: { terms: [], forgotten: false }, before: null, limit: 1_000 },
      environment: { task: '1', reveal: true },
      watch: { after: 0 },
      table: { at: null, ended: 10_000 },
      log: { ...logOfFirst, follow: false },
      audit: auditAll,
    };
    const complaints: (readonly string[])[] = [];
    for (const [operation, parameters] of Object.entries(operations)) {
      const client = await connectRaw(home);
      client.socket.pause();
      const requests = Array.from({ length: 1_000 }, (_value, id) => request(id + 1, operation, parameters));
      client.send(greeting, ...requests);
      complaints.push(await daemon.complaintsAtRest());
      end([client]);
    }
    expect(complaints.flat()).toEqual([]);
    expect(await daemon.complaintsAfter()).toEqual([]);
  });
});

describe('a client that is killed in mid-stream', () => {
  test('leaves nothing behind, whether it followed, waited or watched', async () => {
    await using home = new GhostHome();
    const id = String(await home.run(['sh', '-c', 'yes | head -c 300000; exec sleep 600']));
    await until('it has written', async () => (await home.ok(['log', id])).length > 299_000);
    const daemon = await Wellbeing.of(home);
    const commands = [
      ['log', '-f', id],
      ['audit', '-f'],
      ['wait', id],
      ['wait', '--log', 'never', id],
    ].map((words) => home.begin(words));
    await until('the followers are there', () => commands.slice(0, 2).every(({ stdout }) => stdout() !== ''));
    for (const { child } of commands) child.kill('SIGKILL');
    await Promise.all(commands.map(({ ended }) => ended));
    expect(await daemon.complaintsAfter()).toEqual([]);
  });

  test('has started the first lines of its batch, each once, and none by halves', async () => {
    await using home = new GhostHome();
    const daemon = await Wellbeing.of(home);
    const lines = Array.from({ length: 300 }, (_value, line) => JSON.stringify({ command: ['true', String(line)] }));
    writeFileSync(join(home.work, 'batch'), `${lines.join('\n')}\n`);
    const batch = home.begin(['run', '--batch', 'batch']);
    await until('some have started', () => batch.stdout().split('\n').length > 20);
    batch.child.kill('SIGKILL');
    const { stdout } = await batch.ended;
    await home.ok(['wait']);
    const tasks = JSON.parse(await home.ok(['list', '--all', '--json'])) as {
      id: number;
      state: string;
      command: string[];
    }[];
    expect(tasks.map(({ command }) => command[1])).toEqual(tasks.map((_task, line) => String(line)));
    expect(tasks.every(({ state }) => state === 'exited')).toBe(true);
    expect(tasks.length).toBeGreaterThanOrEqual(stdout.trimEnd().split('\n').length);
    expect(tasks.length).toBeLessThan(300);
    expect(await daemon.complaintsOverRest()).toEqual([]);
  });
});

describe('clients that open a connection and say nothing', () => {
  test('are told why and hung up on, and keep nobody waiting', async () => {
    await using home = new GhostHome();
    await home.complete(['true']);
    const daemon = await Wellbeing.of(home);
    const clients = await Promise.all(Array.from({ length: 100 }, () => connectRaw(home)));
    expect(await daemon.complaints()).toEqual([]);
    const last = await Promise.all(clients.map(async (client) => (await client.rest()).at(-1)));
    expect(last).toEqual(
      clients.map(() =>
        expect.objectContaining({ kind: 'fault', error: expect.objectContaining({ code: 'protocol-violation' }) }),
      ),
    );
    expect(await daemon.complaintsAfter()).toEqual([]);
  });
});

/** The last word on a request; what comes for others is passed over. */
async function answerTo(client: RawClient, id: number) {
  for (;;) {
    const message = await client.next();
    if (message === null) throw new Error('the connection was lost');
    const isPart = message.kind === 'hello' || message.kind === 'item';
    if (message.kind === 'fault' || (!isPart && message.id === id)) return message;
  }
}

function end(clients: readonly RawClient[]): void {
  for (const { socket } of clients) socket.destroy();
}

function framed(...messages: readonly unknown[]): Buffer {
  return Buffer.concat(messages.map((message) => encodeFrame(message, { bytesMax: frameBytesMax })));
}

function nested(depth: number): unknown {
  return depth === 0 ? null : [nested(depth - 1)];
}
