import { describe, expect, test } from 'vitest';

import type { Client, LogOptions } from '../../src/client/api.ts';
import type { LogChunk, LogEnd } from '../../src/protocol/answers.ts';
import { detailOf, logOf, runningView, viewOf } from './fake-client.ts';
import { ghost, KeptOutput, type WorldParts } from './fake-world.ts';

process.env['TZ'] = 'UTC';

type Pieces = Parameters<typeof logOf>[0];

const task = viewOf({ startedAt: '2026-11-22T14:03:20.000Z', endedAt: '2026-11-22T14:03:22.000Z' });

/** Runs `ghost log` on a log of these pieces, and gives what it said and what it asked for. */
async function logged(argv: readonly string[], pieces: Pieces, { client = {}, ...parts }: WorldParts = {}) {
  const asked: LogOptions[] = [];
  const said = await ghost(['log', ...argv, '42'], {
    ...parts,
    client: {
      log: (_, options = {}) => {
        asked.push(options);
        return logOf(pieces);
      },
      show: () => Promise.resolve(detailOf(task)),
      ...client,
    },
  });
  return { ...said, asked };
}

const at = (time: string) => ({ at: `2026-11-22T${time}Z` });

describe('a range of time', () => {
  test('is asked of the daemon', async () => {
    const { result, asked } = await logged(['--since', '14:03', '--until', '1m ago', '-n', '3'], []);
    expect(result).toBe(0);
    expect(asked).toEqual([
      {
        follow: false,
        streams: 'both',
        lines: 3,
        since: new Date('2026-11-22T14:03:00.000Z'),
        until: new Date('2026-11-22T14:04:00.000Z'),
      },
    ]);
  });

  test('that is none is refused before anything is asked', async () => {
    expect(await ghost(['log', '--since', 'noon', '42'])).toMatchObject({ result: 2, starts: [] });
  });
});

describe('timestamps', () => {
  test('stand before each line, in local time, and lines come whole', async () => {
    const stderr = new KeptOutput();
    const { stdout } = await logged(
      ['-T'],
      [
        ['stdout', 'one\ntw', at('14:03:20.001')],
        ['stderr', 'oops\n', at('14:03:21.5')],
        ['stdout', 'o\nend', at('14:03:22.123')],
      ],
      { stderr },
    );
    expect(stdout).toBe('14:03:20.001 one\n14:03:22.123 two\n14:03:22.123 end\n');
    expect(stderr.text).toBe('14:03:21.500 oops\n');
  });

  test('that nobody noted are dashes', async () => {
    expect((await logged(['-T'], [['stdout', 'a\n', { at: null }]])).stdout).toBe('--:--:--.--- a\n');
  });

  test('have the date where the task ran on several days, or a line is of another day', async () => {
    const pieces: Pieces = [
      ['stdout', 'a\n', at('14:03:20')],
      ['stdout', 'b\n', { at: '2026-11-23T00:00:01Z' }],
      ['stdout', 'c\n', { at: null }],
    ];
    expect((await logged(['-T'], pieces)).stdout).toBe('14:03:20.000 a\n2026-11-23 00:00:01.000 b\n--:--:--.--- c\n');
    const since = runningView({ startedAt: '2026-11-20T10:00:00.000Z' });
    const client = { show: () => Promise.resolve(detailOf(since)) };
    expect((await logged(['-T'], pieces, { client })).stdout).toBe(
      '2026-11-22 14:03:20.000 a\n2026-11-23 00:00:01.000 b\n---------- --:--:--.--- c\n',
    );
  });

  test('stand after the number where several tasks are asked for', async () => {
    const said = await logged(['-T', '7'], [['stdout', 'a\n', at('14:03:20')]]);
    expect(said.stdout).toBe(' 7 | 14:03:20.000 a\n42 | 14:03:20.000 a\n');
  });

  test('leave the bytes of a line as they are', async () => {
    const line = Buffer.from([0, 255, 13, 27, 0xe6]);
    const { stdoutBytes } = await logged(
      ['-T'],
      [['stdout', Buffer.concat([line, Buffer.from('\n')]), at('14:03:20')]],
    );
    expect(stdoutBytes).toEqual(Buffer.concat([Buffer.from('14:03:20.000 '), line, Buffer.from('\n')]));
  });
});

describe('a search', () => {
  const pieces: Pieces = [
    ['stdout', 'first\nan err', at('14:03:20')],
    ['stderr', 'Error: bad\n', at('14:03:21')],
    ['stdout', 'or here\nfine\nerror last', at('14:03:22')],
  ];

  test('prints the lines that match, each to its stream, also across the border of two chunks', async () => {
    const said = await logged(['-g', 'error'], pieces);
    expect(said).toMatchObject({ result: 0, stdout: 'an error here\nerror last\n', stderr: '' });
    expect(said.asked).toEqual([{ follow: false, streams: 'both' }]);
    expect(await logged(['-ig', '^error'], pieces)).toMatchObject({ stdout: 'error last\n', stderr: 'Error: bad\n' });
  });

  test('that finds nothing ends with 1 and says nothing', async () => {
    expect(await logged(['-g', 'nowhere'], pieces)).toMatchObject({ result: 1, stdout: '', stderr: '' });
  });

  test('of several tasks ends with 0 where one has such a line, and with the error where one cannot be read', async () => {
    const client = {
      log: (name: string) => logOf(name === '7' ? [['stdout', 'an error\n']] : [['stdout', 'fine\n']]),
    };
    expect(await logged(['-g', 'error', '7'], [], { client })).toMatchObject({ result: 0, stdout: ' 7 | an error\n' });
    const broken = {
      log: (name: string) => {
        if (name === '42') throw new Error('no such log');
        return client.log(name);
      },
    };
    expect(await logged(['-g', 'error', '7'], [], { client: broken })).toMatchObject({
      result: 1,
      stdout: ' 7 | an error\n',
    });
  });

  test('bears times, numbers and JSON like any other log', async () => {
    expect((await logged(['-T', '-g', 'err', '--stdout'], pieces)).stdout).toBe(
      '14:03:22.000 an error here\n14:03:22.000 error last\n',
    );
    const { stdout } = await logged(['--json', '-g', 'here'], pieces);
    expect(stdout).toBe('{"at":"2026-11-22T14:03:22Z","stream":"stdout","text":"an error here"}\n');
  });

  test('with -n prints the last of the lines that match', async () => {
    const said = await logged(['-n', '1', '-ig', 'error'], pieces);
    expect(said).toMatchObject({ result: 0, stdout: 'error last\n', stderr: '' });
    expect(said.asked).toEqual([{ follow: false, streams: 'both' }]);
    expect(await logged(['-n', '0', '-ig', 'error'], pieces)).toMatchObject({ result: 0, stdout: '', stderr: '' });
  });

  test('that follows goes on filtering', async () => {
    expect(await logged(['-fg', 'error'], pieces)).toMatchObject({
      result: 0,
      stdout: 'an error here\nerror last\n',
      asked: [{ follow: true, streams: 'both' }],
    });
  });

  test('that follows from the last line on reads what is there first, and goes on where that ended', async () => {
    const said = await logged(['-f', '-n', '1', '-g', 'x'], [], {
      client: {
        log: (_, { follow, cursor } = {}) => {
          if (follow !== true) {
            return logOf(
              [
                ['stdout', 'x1\nx2\nx'],
                ['stderr', 'x'],
              ],
              { reason: 'running', task: runningView() },
            );
          }
          expect(cursor).toEqual({ stdout: 7, stderr: 1 });
          return logOf([
            ['stdout', '3\nx4\n'],
            ['stderr', '5\n'],
          ]);
        },
      },
    });
    expect(said).toMatchObject({ result: 0, stdout: 'x2\nx3\nx4\n', stderr: 'x5\n' });
  });

  test('that follows from the last line on goes on with the same task, whichever is the last by then', async () => {
    const asked: string[] = [];
    const log: Client['log'] = (task) => {
      asked.push(task);
      return logOf([['stdout', 'x\n']], { reason: 'running', task: runningView({ id: 42 }) });
    };
    await ghost(['log', '-f', '-n', '5', '-g', 'x', '@last'], { client: { log } });
    expect(asked).toEqual(['@last', '42']);
  });

  test('shows the lines around, of both streams, and a -- between groups', async () => {
    const said = await logged(
      ['-C', '1', '-g', 'hit'],
      [
        ['stdout', '1\n2\n'],
        ['stderr', 'e1\n'],
        ['stdout', 'hit a\n3\n4\n5\nhit b\nhit c\n'],
        ['stderr', 'e2\ne3\n'],
      ],
    );
    expect(said.stdout).toBe('hit a\n3\n--\n5\nhit b\nhit c\n');
    expect(said.stderr).toBe('e1\ne2\n');
  });

  test('finds a line of 90,000 characters that comes in many pieces', async () => {
    const line = `${'x'.repeat(45_000)}ünder${'y'.repeat(45_000)}`;
    const bytes = Buffer.from(`before\n${line}\nafter\n`);
    const cut = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, place) =>
      bytes.subarray(place * 1000, (place + 1) * 1000),
    );
    const said = await logged(
      ['-g', 'x.nd'],
      cut.map((piece) => ['stdout', piece] as const),
    );
    expect(said).toMatchObject({ result: 0, stdout: `${line}\n` });
  });

  test('works on any bytes, and prints them as they are', async () => {
    const line = Buffer.from([0xff, 0x00, 0x66, 0x6f, 0x6f, 0xe6, 0x97]);
    const log = Buffer.concat([Buffer.from([0xff, 10]), line, Buffer.from([10, 0xfe, 10])]);
    expect((await logged(['-g', '\\0foo'], [['stdout', log]])).stdoutBytes).toEqual(
      Buffer.concat([line, Buffer.from('\n')]),
    );
  });

  test('stops when the reader has gone, with 0', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<LogChunk, LogEnd, void> {
      for (;;) {
        given += 1;
        yield* logOf([['stdout', `${'x'.repeat(99)}\n`]]);
      }
    }
    const stdout = new KeptOutput({ bytesMax: 1000 });
    const said = await logged(['-f', '-g', 'x'], [], { stdout, client: { log: endless } });
    expect(said).toMatchObject({ result: 0, stderr: '' });
    expect(given).toBe(10);
  });

  test.for([
    [['-g', '(x'], '"(x" is no regular expression: unterminated group, at character 1'],
    [['-i'], '--ignore-case says how to search, and nothing is searched for'],
    [['-C', '3'], '--context says how to search, and nothing is searched for'],
    [['-g', 'x', '-C', 'two'], '"two" is no number of lines'],
    [
      ['-g', 'x', '-C', '2', '--json'],
      '--json gives the lines that match and none around them; it does not go with --context',
    ],
  ] as const)('%j is refused before anything is asked', async ([argv, message]) => {
    const said = await ghost(['log', ...argv, '42']);
    expect(said).toMatchObject({ result: 2, stdout: '', starts: [] });
    expect(said.stderr.split('\n')[0]).toBe(`ghost: ${message}`);
  });

  test('what to type instead can be typed', async () => {
    expect((await ghost(['log', '-C', '3', '42'])).stderr).toContain('try: ghost log --grep REGEX --context 2 ID\n');
  });
});

describe('output that is gone', () => {
  const missing = { bytes: 40 * 1024 * 1024, prunedAt: '2026-11-20T14:30:07.000Z', reason: 'total-limit' } as const;
  const pieces: Pieces = [
    ['stdout', 'cut', at('14:03:20')],
    ['stdout', '', { at: null, missing }],
    ['stdout', 'off\n', at('14:03:22')],
  ];
  const note = (whose: string): string =>
    `ghost: 40.0 MiB of ${whose} are gone (taken 2026-11-20 14:30: all logs together had reached their limit)\n`;

  test('is told on stderr, and the bytes around it are as they were', async () => {
    expect(await logged([], pieces)).toMatchObject({ result: 0, stdout: 'cutoff\n', stderr: note('stdout') });
  });

  test('does not join the lines before and after it', async () => {
    expect(await logged(['-T'], pieces)).toMatchObject({
      stdout: '14:03:20.000 cut\n14:03:22.000 off\n',
      stderr: note('stdout'),
    });
    expect(await logged(['-g', 'cutoff'], pieces)).toMatchObject({ result: 1, stdout: '', stderr: note('stdout') });
  });

  test('bears the number where several tasks are asked for', async () => {
    expect((await logged(['7'], pieces)).stderr).toBe(note('stdout of task 7') + note('stdout of task 42'));
  });

  test('is an object of its own in JSON', async () => {
    const { stdout, stderr } = await logged(['--json'], pieces);
    expect(stderr).toBe('');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { at: '2026-11-22T14:03:20Z', stream: 'stdout', text: 'cut' },
      { at: null, stream: 'stdout', text: null, missing },
      { at: '2026-11-22T14:03:22Z', stream: 'stdout', text: 'off' },
    ]);
  });
});
