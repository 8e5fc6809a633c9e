import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import type { LogChunk, LogEnd } from '../../src/protocol/answers.ts';
import { LineCarry, lineBytesMax } from '../../src/words/line-carry.ts';
import { detailOf, logOf, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';

const at = '2026-11-22T14:03:21.000Z';

describe('one task', () => {
  test('its bytes come as they were, each stream where it belongs', async () => {
    const bytes = Buffer.from([0, 255, 10, 0xe6, 0x97, 27, 13]);
    const stderr = new KeptOutput();
    const said = await ghost(['log', 'web'], {
      stderr,
      client: {
        log: () =>
          logOf([
            ['stdout', bytes],
            ['stderr', bytes],
            ['stdout', 'no newline'],
          ]),
      },
    });
    expect(said.result).toBe(0);
    expect(said.stdoutBytes).toEqual(Buffer.concat([bytes, Buffer.from('no newline')]));
    expect(stderr.bytes).toEqual(bytes);
  });

  test.for([
    [['log', '42'], { follow: false, streams: 'both' }],
    [['log', '-f', '42'], { follow: true, streams: 'both' }],
    [['log', '-n', '0', '--stdout', '42'], { follow: false, streams: 'stdout', lines: 0 }],
    [['log', '--stderr', '42'], { follow: false, streams: 'stderr' }],
    [['log', '--stderr', '--stdout', '42'], { follow: false, streams: 'both' }],
  ] as const)('ghost %j asks for %j', async ([argv, asked]) => {
    const requests: unknown[] = [];
    const log = (...request: readonly unknown[]) => {
      requests.push(request);
      return logOf([]);
    };
    expect((await ghost(argv, { client: { log } })).result).toBe(0);
    expect(requests).toEqual([['42', asked]]);
  });

  test.for(['ten', '-1', '1.5', '', '1e3'])('%j lines are refused before anything is asked', async (lines) => {
    const said = await ghost(['log', `--lines=${lines}`, '42']);
    expect(said).toMatchObject({ result: 2, stdout: '', starts: [] });
    expect(said.stderr).toBe(`ghost: "${lines}" is no number of lines\n  try: ghost log --lines 10 ID\n`);
  });

  test('a reader that has gone ends it quietly, with 0, and nothing more is asked for', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<LogChunk, LogEnd, void> {
      for (;;) {
        given += 1;
        yield* logOf([['stdout', 'x'.repeat(100)]]);
      }
    }
    const said = await ghost(['log', '-f', '42'], {
      stdout: new KeptOutput({ bytesMax: 1000 }),
      client: { log: endless },
    });
    expect(said).toMatchObject({ result: 0, stderr: '' });
    expect(given).toBe(10);
  });

  test('a follow that ends while others hold the output open says so', async () => {
    const said = await ghost(['log', '-f', '42'], { client: { log: () => logOf([], { reason: 'ended' }) } });
    expect(said).toMatchObject({ result: 0, stdout: '' });
    expect(said.stderr).toContain('processes that it left behind hold its output open');
  });
});

describe('several tasks', () => {
  const logs = new Map([
    [
      '7',
      [
        ['stdout', 'one\ntw'],
        ['stderr', 'oops\n'],
        ['stdout', 'o\nend'],
      ],
    ],
    ['42', [['stdout', 'a\n\nb\n']]],
  ] as const);
  const client = {
    log: (task: string) => logOf(logs.get(task === '7' ? '7' : '42') ?? []),
    show: (task: string) =>
      task === 'web'
        ? Promise.resolve(detailOf(viewOf({ id: 42, name: 'web' })))
        : Promise.reject(new GhostError('no-such-task', `there is no task ${task}`, { hint: 'ghost list' })),
  };

  test.for([['log'], ['log', '-f']])('ghost %j puts the number before each whole line', async (argv) => {
    const said = await ghost([...argv, '7', 'web', '42'], { client });
    expect(said.result).toBe(0);
    expect(said.stderr).toBe(' 7 | oops\n');
    expect(said.stdout.split('\n').filter((line) => line.startsWith(' 7'))).toEqual([
      ' 7 | one',
      ' 7 | two',
      ' 7 | end',
    ]);
    expect(said.stdout.split('\n').filter((line) => line.startsWith('42'))).toEqual(['42 | a', '42 | ', '42 | b']);
  });

  test('without --follow they come one after the other, in the order in which they were named', async () => {
    const said = await ghost(['log', '42', '7'], { client });
    expect(said.stdout).toBe('42 | a\n42 | \n42 | b\n 7 | one\n 7 | two\n 7 | end\n');
  });

  test('one that does not exist is told, the others are printed, and the exit status is 3', async () => {
    const said = await ghost(['log', 'nobody', '42'], { client });
    expect(said).toMatchObject({ result: 3, stdout: '42 | a\n42 | \n42 | b\n' });
    expect(said.stderr).toBe('ghost: there is no task nobody\n  try: ghost list\n');
  });

  test('in JSON each line bears its task', async () => {
    const said = await ghost(['log', '--json', '42', '7'], { client });
    const lines: unknown[] = said.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({ task: 42, at, stream: 'stdout', text: 'a' });
    expect(lines).toContainEqual({ task: 7, at, stream: 'stderr', text: 'oops' });
    expect(said.stderr).toBe('');
  });
});

describe('JSON, an object a line of output', () => {
  const jsonOf = async (pieces: Parameters<typeof logOf>[0]): Promise<readonly unknown[]> => {
    const { stdout, stderr } = await ghost(['log', '--json', '42'], { client: { log: () => logOf(pieces) } });
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
  };

  test('a line that comes in pieces is one object, and the streams do not mix', async () => {
    expect(
      await jsonOf([
        ['stdout', 'he'],
        ['stderr', 'wor'],
        ['stdout', 'llo\r\n\n'],
        ['stderr', 'ld'],
      ]),
    ).toEqual([
      { at, stream: 'stdout', text: 'hello\r' },
      { at, stream: 'stdout', text: '' },
      { at, stream: 'stderr', text: 'world' },
    ]);
  });

  test('a character cut by the border of two chunks stays whole, and what is no UTF-8 becomes U+FFFD', async () => {
    const text = Buffer.from('日👍\ufeff\n');
    expect(await jsonOf([...text].map((byte) => ['stdout', Uint8Array.of(byte)] as const))).toEqual([
      { at, stream: 'stdout', text: '日👍\ufeff' },
    ]);
    expect(
      await jsonOf([
        ['stdout', Buffer.from([0x61, 0xff, 0x62, 0xe6, 0x97])],
        ['stdout', '\nc'],
      ]),
    ).toEqual([
      { at, stream: 'stdout', text: 'a\ufffdb\ufffd' },
      { at, stream: 'stdout', text: 'c' },
    ]);
  });

  test('however the bytes are cut, the lines are the same', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((data) => data.map((byte) => (byte % 5 === 0 ? 10 : byte)));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(300), { maxLength: 20 }), (data, cuts) => {
        const borders = [0, ...cuts.map((cut) => Math.min(cut, data.length)).toSorted((a, b) => a - b), data.length];
        const carry = new LineCarry();
        const lines = borders.slice(1).flatMap((end, place) => carry.push(data.subarray(borders[place], end)));
        const whole = [...lines, ...carry.end()].map((line) => Buffer.from(line).toString('latin1'));
        const text = Buffer.from(data).toString('latin1');
        expect(whole).toEqual(
          text === ''
            ? []
            : text
                .replace(/\n$/, '')
                .split('\n')
                .slice(0, text === '\n' ? 1 : undefined),
        );
        expect(carry.end()).toEqual([]);
      }),
    );
  });

  test('a line without an end is not waited for for ever', () => {
    const carry = new LineCarry();
    const given = Array.from({ length: 17 }, () => carry.push(Buffer.alloc(lineBytesMax / 16, 'x'))).flat();
    expect(given.map((line) => line.length)).toEqual([lineBytesMax]);
    expect(carry.end().map((line) => line.length)).toEqual([lineBytesMax / 16]);
    // A byte less is waited for, whether its line began in this piece or in an earlier one.
    const almost = Buffer.alloc(lineBytesMax - 1, 'x');
    expect(carry.push(almost)).toEqual([]);
    expect(carry.push(Buffer.from('x')).map((line) => line.length)).toEqual([lineBytesMax]);
    expect(carry.push(Buffer.concat([Buffer.from('a\n'), almost])).map((line) => line.length)).toEqual([1]);
    expect(carry.push(Buffer.from('x')).map((line) => line.length)).toEqual([lineBytesMax]);
    expect(carry.push(Buffer.concat([Buffer.from('a\n'), almost, Buffer.from('x')]))).toHaveLength(2);
  });
});
