import { describe, expect, test } from 'vitest';

import type { InterruptSignal } from '../../src/cli/command.ts';
import { speedMax, speedMin } from '../../src/cli/past/replay.ts';
import { lateMsMax } from '../../src/cli/past/rhythm.ts';
import type { LogOptions } from '../../src/client/api.ts';
import { detailOf, logOf, type PieceParts, viewOf } from './fake-client.ts';
import { FakeClock, FakeKeyInput } from './fake-clock.ts';
import { ghost, KeptOutput, type WorldParts } from './fake-world.ts';

type Piece = readonly [stream: 'stdout' | 'stderr', data: string, parts?: PieceParts];

/** So many milliseconds after the start of the task, at 14:03:20. */
const at = (ms: number): PieceParts => ({ at: new Date(Date.UTC(2026, 10, 22, 14, 3, 20, ms)).toISOString() });

const pieces: readonly Piece[] = [
  ['stdout', 'a', at(100)],
  ['stderr', 'b', at(400)],
  ['stdout', 'c', at(400)],
  ['stdout', 'd', at(60_400)],
];

async function replayed(
  words: readonly string[],
  { log = pieces, ...parts }: WorldParts & { log?: readonly Piece[] } = {},
) {
  const clock = new FakeClock();
  const asked: (LogOptions | undefined)[] = [];
  const said = await ghost(['replay', ...words, '42'], {
    now: clock.now,
    after: clock.after,
    client: {
      show: () => Promise.resolve(detailOf(viewOf())),
      log: (_, options) => {
        asked.push(options);
        return logOf(log);
      },
    },
    ...parts,
  });
  return { ...said, pauses: clock.pauses, asked };
}

describe('the rhythm', () => {
  test('is that of the log, and each stream goes where it belongs', async () => {
    const { result, stdout, stderr, pauses } = await replayed([]);
    expect({ result, stdout, stderr }).toEqual({ result: 0, stdout: 'acd', stderr: 'b' });
    expect(pauses).toEqual([100, 300, 60_000]);
  });

  test.for<readonly [words: readonly string[], pauses: readonly number[]]>([
    [
      ['--speed', '10'],
      [10, 30, 6000],
    ],
    [
      ['--speed', '0.5'],
      [200, 600, 120_000],
    ],
    [
      ['--idle-limit', '2s'],
      [100, 300, 2000],
    ],
    // The limit is one of the recording: what is shown is faster still.
    [
      ['--idle-limit', '2s', '--speed', '4'],
      [25, 75, 500],
    ],
    [['--speed', 'max'], []],
    [['--speed', 'max', '--idle-limit', '0s'], []],
  ])('with %j the pauses are %j', async ([words, pauses]) => {
    const said = await replayed(words);
    expect(said).toMatchObject({ result: 0, stdout: 'acd', stderr: 'b', pauses });
  });

  test.for([String(speedMin), String(speedMax)])('%s is a speed', async (speed) => {
    expect((await replayed(['--speed', speed])).result).toBe(0);
  });

  test.for(['0.09', '1001', '0', '-1', 'fast', '', '1e2'])('%j is none', async (speed) => {
    const said = await ghost(['replay', `--speed=${speed}`, '42']);
    expect(said).toMatchObject({ result: 2, stdout: '', starts: [] });
    expect(said.stderr).toBe(
      `ghost: "${speed}" is no speed: it is a number from 0.1 to 1000, or max\n  try: ghost replay --speed 10 ID\n`,
    );
  });

  test('a pause that is longer than a timer can be is waited for in parts', async () => {
    const { pauses } = await replayed(['--speed', '0.1'], { log: [['stdout', 'x', at(500_000_000)]] });
    expect(pauses).toEqual([2_147_483_647, 2_147_483_647, 5_000_000_000 - 2 * 2_147_483_647]);
  });

  test('where the clock of the recording was set back nothing is waited for', async () => {
    const { pauses } = await replayed([], {
      log: [
        ['stdout', 'a', at(500)],
        ['stdout', 'b', at(200)],
        ['stdout', 'c', at(300)],
      ],
    });
    expect(pauses).toEqual([500, 100]);
  });

  test('what took its time to be written is caught up with, up to a second', async () => {
    const clock = new FakeClock();
    const slow = new (class extends KeptOutput {
      override write(data: string | Uint8Array): Promise<void> {
        clock.set(data.toString() === 'd' ? 5000 : 40);
        return super.write(data);
      }
    })();
    const log: readonly Piece[] = [
      ['stdout', 'a', at(100)],
      ['stdout', 'b', at(110)],
      ['stdout', 'c', at(200)],
      ['stdout', 'd', at(300)],
      ['stdout', 'e', at(400)],
    ];
    await replayed([], { log, stdout: slow, now: clock.now, after: clock.after });
    // b is 30 ms late, and so is all that it takes away from the next pause.
    expect(clock.pauses).toEqual([100, 20, 60, 100]);
  });
});

test.for([
  [0, 0],
  [1, lateMsMax],
])('what is %i ms later than can be caught up with costs the next pause %i ms', async ([over = 0, cost = 0]) => {
  const clock = new FakeClock();
  const slow = new (class extends KeptOutput {
    override write(data: string | Uint8Array): Promise<void> {
      if (data.toString() === 'b') clock.set(lateMsMax + over);
      return super.write(data);
    }
  })();
  const log: readonly Piece[] = [
    ['stdout', 'a', at(100)],
    ['stdout', 'b', at(200)],
    ['stdout', 'c', at(200)],
    ['stdout', 'd', at(200 + 3 * lateMsMax)],
  ];
  await replayed([], { log, stdout: slow, now: clock.now, after: clock.after });
  expect(clock.pauses).toEqual([100, 100, 2 * lateMsMax + cost]);
});

describe('what has no times', () => {
  const log: readonly Piece[] = [
    ['stdout', 'a', at(100)],
    ['stdout', 'b', { at: null }],
    ['stderr', 'c', { at: null }],
    ['stdout', 'd', at(900)],
  ];

  test('comes at once, and a person is told', async () => {
    const stderr = new KeptOutput({ columns: 80 });
    const { pauses } = await replayed([], { log, stderr, environment: { NO_COLOR: '1' } });
    expect(pauses).toEqual([100, 800]);
    expect(stderr.text).toBe('ghost: no daemon ran: of what follows no times are known\nc');
  });

  test('a program that reads stderr gets what the task wrote, and nothing else', async () => {
    expect((await replayed([], { log })).stderr).toBe('c');
  });

  test('output that is gone is told of, and not waited for', async () => {
    const missing = { bytes: 2048, prunedAt: '2026-11-22T14:30:00.000Z', reason: 'request' } as const;
    const { stderr, pauses } = await replayed([], {
      log: [
        ['stdout', '', { at: null, missing }],
        ['stdout', 'x', at(50)],
      ],
    });
    expect(stderr).toMatch(/^ghost: 2\.0 KiB of stdout are gone/);
    expect(pauses).toEqual([50]);
  });
});

describe('--from', () => {
  test.for<readonly [from: string, since: string]>([
    ['30s', '2026-11-22T14:03:50.000Z'],
    ['2026-11-22T14:04:00Z', '2026-11-22T14:04:00.000Z'],
    ['1h ago', '2026-11-22T14:00:00.000Z'],
  ])('%s begins there, and leaves out what lies before', async ([from, since]) => {
    const { asked, pauses } = await replayed(['--from', from], { log: [['stdout', 'd', at(60_400)]] });
    expect(asked).toEqual([{ since: new Date(since) }]);
    expect(pauses).toEqual([Date.UTC(2026, 10, 22, 14, 4, 20, 400) - Date.parse(since)]);
  });

  test.for(['soon', '99999999999d', ''])('%j is refused before anything is asked', async (from) => {
    expect(await ghost(['replay', `--from=${from}`, '42'])).toMatchObject({ result: 2, stdout: '', starts: [] });
  });
});

describe('keys', () => {
  async function steered(clock: FakeClock, keys: FakeKeyInput, words: readonly string[] = []) {
    const stdout = new KeptOutput({ columns: 80 });
    let shown = '';
    const world = {
      stdout,
      now: clock.now,
      after: clock.after,
      openKeyInput: () => Promise.resolve(keys),
      environment: { NO_COLOR: '1' },
    };
    const said = await replayed(words, { ...world, log: pieces });
    shown = stdout.text;
    return { ...said, shown };
  }

  test('space pauses, and goes on with what was left of the pause', async () => {
    const keys = new FakeKeyInput();
    const clock = new FakeClock().during(1, (passed) => {
      passed(120);
      keys.press(' ');
      setImmediate(() => {
        passed(3_600_000);
        keys.press(' ');
      });
    });
    const { result, shown } = await steered(clock, keys);
    expect({ result, shown }).toEqual({ result: 0, shown: 'acd' });
    expect(clock.pauses).toEqual([100, 300, 180, 60_000]);
    expect(keys.isOpen).toBe(false);
  });

  test('a dot gives the next piece at once and pauses; each dot one', async () => {
    const keys = new FakeKeyInput();
    const order: string[] = [];
    const clock = new FakeClock().during(0, () => {
      keys.press('.');
      setImmediate(() => {
        order.push('paused');
        keys.press('.');
        setImmediate(() => {
          keys.press('.');
          setImmediate(() => keys.press(' '));
        });
      });
    });
    const { shown } = await steered(clock, keys);
    expect(shown).toBe('acd');
    // The pieces a, b and c were let out by dots; only the last pause was waited for.
    expect(clock.pauses).toEqual([100, 60_000]);
    expect(order).toEqual(['paused']);
  });

  test.for([
    ['q', 0],
    ['\u0003', 130],
  ] as const)('%j leaves with %i, and gives the terminal back', async ([key, result]) => {
    const keys = new FakeKeyInput();
    const clock = new FakeClock().during(1, () => keys.press(key));
    expect(await steered(clock, keys)).toMatchObject({ result, shown: 'a' });
    expect(keys.isOpen).toBe(false);
  });

  test('other keys do nothing', async () => {
    const keys = new FakeKeyInput();
    const clock = new FakeClock().during(1, () => {
      for (const key of 'xQ\r\u001b') keys.press(key);
      keys.press('q');
    });
    expect(await steered(clock, keys)).toMatchObject({ result: 0, shown: 'a' });
  });

  test('a signal leaves as well, and gives the terminal back', async () => {
    const keys = new FakeKeyInput();
    let send: (signal: InterruptSignal) => void = () => undefined;
    const clock = new FakeClock().during(1, () => send('SIGTERM'));
    const { result, stdout } = await replayed([], {
      now: clock.now,
      after: clock.after,
      stdout: new KeptOutput({ columns: 80 }),
      openKeyInput: () => Promise.resolve(keys),
      onSignal: (listener) => {
        send = listener;
      },
    });
    expect({ result, stdout }).toEqual({ result: 143, stdout: 'a' });
    expect(keys.isOpen).toBe(false);
  });

  test('a reader that takes nothing does not keep it from being interrupted', async () => {
    let send: (signal: InterruptSignal) => void = () => undefined;
    const stuck = new (class extends KeptOutput {
      override write(): Promise<void> {
        setImmediate(() => send('SIGINT'));
        return new Promise(() => undefined);
      }
    })();
    const { result } = await replayed(['--speed', 'max'], {
      stdout: stuck,
      onSignal: (listener) => {
        send = listener;
      },
    });
    expect(result).toBe(130);
  });

  test('into a pipe the keyboard is left alone', async () => {
    const openKeyInput = () => Promise.reject(new Error('nobody is to be asked for keys'));
    expect((await replayed(['--speed', 'max'], { openKeyInput })).result).toBe(0);
  });
});

test('--json gives a line of JSON for each line, in the same rhythm', async () => {
  const { stdout, pauses } = await replayed(['--json'], {
    log: [
      ['stdout', 'one\ntw', at(100)],
      ['stdout', 'o\n', at(200)],
    ],
  });
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual([
    { ...at(100), stream: 'stdout', text: 'one' },
    { ...at(200), stream: 'stdout', text: 'two' },
  ]);
  expect(pauses).toEqual([100, 100]);
});

test('a reader that has gone ends it quietly', async () => {
  const { result, pauses } = await replayed([], { stdout: new KeptOutput({ bytesMax: 1 }) });
  expect({ result, pauses }).toEqual({ result: 0, pauses: [100] });
});
