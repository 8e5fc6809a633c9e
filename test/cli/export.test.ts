import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sizeMax } from '../../src/cli/past/export.ts';
import { reportLines } from '../../src/cli/past/task-report.ts';
import type { AuditOptions, Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { DaemonStatus, EnvironmentValue } from '../../src/protocol/answers.ts';
import { playCast } from '../support/cast-player.ts';
import { taskDraft } from '../support/facts.ts';
import { detailOf, logOf, type PieceParts, runningView, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';
import { daemonLife, eventAt, eventfulLife, graceRanOut, two } from './life.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const iso = (ms: number): string => new Date(two + ms).toISOString();
const at = (ms: number): PieceParts => ({ at: iso(ms) });

/** Killed by SIGTERM after two and a half minutes; the daemon crashed in between. */
const web = viewOf({
  name: 'web',
  state: 'killed',
  startedAt: new Date(two + 9).toISOString(),
  endedAt: new Date(two + 150_099).toISOString(),
  exitCode: null,
  signal: 'SIGTERM',
  command: ['serve', '--port', '80 80'],
});

function clientOf(log: Parameters<typeof logOf>[0], parts: Partial<Client> = {}): Partial<Client> {
  return {
    show: () => Promise.resolve(detailOf(web, { submittedAt: new Date(two).toISOString(), events: eventfulLife })),
    async *audit({ types, after: seq = 0 }: AuditOptions = {}) {
      yield* daemonLife.filter((event) => event.seq > seq && (types === undefined || types.includes(event.type)));
      return { seq: 14 };
    },
    log: () => logOf(log),
    ...parts,
  };
}

/** The lines of a recording after its header. */
function eventsOf(cast: string): readonly unknown[] {
  const [, ...lines] = cast.trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

describe('a recording', () => {
  test('is what asciinema reads, with every byte at its time', async () => {
    const client = clientOf([
      ['stdout', 'one\ntwo', at(1009)],
      ['stderr', 'warning\n', at(1250)],
      // `日` in three pieces, with something of the other stream in between.
      ['stdout', Buffer.from([0xe6]), at(60_009)],
      ['stderr', 'x', at(60_010)],
      ['stdout', Buffer.from([0x97]), { at: null }],
      ['stdout', Buffer.from([0xa5, 0xff, 0x0a]), at(60_020)],
      // Half a character at the very end.
      ['stdout', Buffer.from([0xe6, 0x97]), at(150_090)],
    ]);
    const { result, stdout } = await ghost(['export', '42', '--cast', '-'], { client });
    expect(result).toBe(0);
    const [header = ''] = stdout.split('\n', 1);
    expect(JSON.parse(header)).toEqual({
      version: 3,
      term: { cols: 80, rows: 24 },
      timestamp: Math.floor(two / 1000),
      command: "serve --port '80 80'",
      title: 'web',
    });
    expect(eventsOf(stdout)).toEqual([
      [1, 'o', 'one\r\ntwo'],
      [0.241, 'o', 'warning\r\n'],
      [48.75, 'm', 'the daemon crashed, at some time after this'],
      [10.01, 'o', 'x'],
      [0.01, 'o', '日\ufffd\r\n'],
      [89.98, 'm', 'SIGTERM delivered'],
      [0, 'o', '\ufffd'],
      [0.099, 'x', '143'],
    ]);
    // All of it as the format's own player sees it.
    expect(await playCast(stdout)).toEqual({
      cols: 80,
      rows: 24,
      duration: 150.09,
      markers: [
        [49.991, 'the daemon crashed, at some time after this'],
        [149.991, 'SIGTERM delivered'],
      ],
      output: 'one\r\ntwowarning\r\nx日\ufffd\r\n\ufffd',
    });
  });

  test('has no exit while the task runs, and none where nothing tells how it ended', async () => {
    for (const view of [runningView(), viewOf({ state: 'lost', exitCode: null })]) {
      const show = () => Promise.resolve(detailOf(view));
      const { stdout } = await ghost(['export', '42', '--cast', '-'], {
        client: clientOf([['stdout', 'x']], { show, audit: noEvents }),
      });
      expect(eventsOf(stdout)).toEqual([[1, 'o', 'x']]);
    }
  });

  test('of a task that never ran, was lost or wrote nothing yet says so, and can be played', async () => {
    const lives = [
      [
        viewOf({ state: 'failed', startedAt: null, exitCode: null }),
        [eventAt(2, 0, taskDraft('TaskSubmitted')), eventAt(3, 1, taskDraft('TaskStartFailed'))],
        'could not be started: there is no command "mkae"',
      ],
      [
        viewOf({ state: 'lost', startedAt: iso(9), endedAt: null, exitCode: null }),
        [...eventfulLife.slice(0, 3), eventAt(99, 86_400_000, taskDraft('TaskLost'))],
        expect.stringMatching(/^lost: ./) as string,
      ],
      [runningView({ startedAt: iso(9) }), eventfulLife.slice(0, 3), 'nothing was written yet'],
    ] as const;
    for (const [view, events, said] of lives) {
      const show = () => Promise.resolve(detailOf(view, { submittedAt: iso(0), events }));
      const { stdout } = await ghost(['export', '42', '--cast', '-'], {
        client: clientOf([], { show, audit: noEvents }),
      });
      expect(eventsOf(stdout)).toEqual([[0, 'm', said]]);
      expect(await playCast(stdout)).toMatchObject({ duration: 0, markers: [[0, said]], output: '' });
    }
  });

  test('marks each signal when it was asked for', async () => {
    const show = () =>
      Promise.resolve(detailOf({ ...web, signal: 'SIGKILL' }, { submittedAt: iso(0), events: graceRanOut }));
    const { stdout } = await ghost(['export', '42', '--cast', '-'], {
      client: clientOf([], { show, audit: noEvents }),
    });
    expect((await playCast(stdout)).markers).toEqual([
      [19.991, 'SIGTERM delivered'],
      [29.991, 'SIGKILL delivered'],
    ]);
  });

  test('never goes back in time, whatever the clock did', async () => {
    const show = () => Promise.resolve(detailOf(runningView({ startedAt: new Date(two).toISOString() })));
    const log = [
      ['stdout', 'a', at(5000)],
      ['stdout', 'b', at(1000)],
      ['stdout', 'c', at(5500)],
    ] as const;
    const { stdout } = await ghost(['export', '42', '--cast', '-'], {
      client: clientOf(log, { show, audit: noEvents }),
    });
    expect(eventsOf(stdout)).toEqual([
      [5, 'o', 'a'],
      [0, 'o', 'b'],
      [0.5, 'o', 'c'],
    ]);
  });

  test('may be as large as a player can make sense of, and as small as one cell', async () => {
    for (const [cols, rows] of [
      [sizeMax, sizeMax],
      [1, 1],
    ]) {
      const { stdout } = await ghost(['export', '42', '--cast', '-', '--size', `${cols}x${rows}`], {
        client: clientOf([]),
      });
      expect(JSON.parse(stdout.split('\n', 1)[0] ?? '')).toMatchObject({ term: { cols, rows } });
    }
  });

  test('a name and a command line with control characters are no more than JSON, also for a terminal', async () => {
    const view = runningView({ name: 'x\u001b[2J\u009b31m\u202e', command: ['\u0007\u0085'], tags: ['a'] });
    const show = () => Promise.resolve(detailOf(view));
    const { stdout } = await ghost(['export', '42', '--cast', '-', '--size', '132x50'], {
      client: clientOf([], { show, audit: noEvents }),
    });
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(JSON.parse(stdout.split('\n', 1)[0] ?? '')).toMatchObject({
      title: view.name,
      tags: ['a'],
      term: { cols: 132, rows: 50 },
    });
  });

  test('a long one loses no millisecond', async () => {
    const show = () => Promise.resolve(detailOf(runningView({ startedAt: new Date(two).toISOString() })));
    const log = Array.from({ length: 10_000 }, (_, place) => ['stdout', 'x', at(place * 7 + 3)] as const);
    const { stdout } = await ghost(['export', '42', '--cast', '-'], {
      client: clientOf(log, { show, audit: noEvents }),
    });
    expect((await playCast(stdout)).duration).toBeCloseTo((9999 * 7 + 3) / 1000, 6);
  });
});

async function* noEvents(): ReturnType<Client['audit']> {
  yield* [];
  return { seq: 0 };
}

const daemon: DaemonStatus = {
  pid: 10,
  version: '0.1.0',
  protocol: 1,
  startedAt: '2026-11-22T14:00:00.000Z',
  uptimeMs: 1000,
  tasksRunning: 0,
  tasksTotal: 1,
  events: 14,
  journalBytes: 4096,
  logBytes: 0,
  memoryBytes: 1,
  home: '/home/x',
  socket: '/home/x/ghost.sock',
};

describe('a report', () => {
  const variables: readonly EnvironmentValue[] = [
    { name: 'PATH', value: '/bin', shown: 'plain' },
    { name: 'ODD', value: Buffer.from([0x61, 0xff]), shown: 'plain' },
    { name: 'API_TOKEN', value: null, shown: 'masked' },
    { name: 'GONE', value: null, shown: 'redacted' },
  ];

  test('has all that helps, and asks for no secret', async () => {
    const asked: unknown[] = [];
    const client = clientOf([], {
      status: () => Promise.resolve(daemon),
      environment: (...given) => {
        asked.push(given);
        return Promise.resolve(variables);
      },
      log: (...given) => {
        asked.push(given);
        return logOf([
          ['stdout', 'half a ', at(10)],
          ['stderr', 'other\n', at(15)],
          ['stdout', 'line\nrest', at(20)],
          ['stderr', 'later\n', at(30)],
        ]);
      },
    });
    const { result, stdout } = await ghost(['export', '42', '--json', '-'], { client });
    expect(result).toBe(0);
    expect(asked).toEqual([['42'], ['42', { lines: reportLines }]]);
    const report = JSON.parse(stdout) as { readonly events: readonly unknown[] };
    expect(report).toMatchObject({
      ghost: { node: process.version, platform: process.platform, exportedAt: '2026-11-22T14:05:00.000Z' },
      daemon,
      task: { id: 42, name: 'web', state: 'killed', umask: 18 },
      environment: [
        { name: 'PATH', value: '/bin', shown: 'plain' },
        { name: 'ODD', value: 'a\ufffd', shown: 'plain' },
        { name: 'API_TOKEN', value: null, shown: 'masked' },
        { name: 'GONE', value: null, shown: 'redacted' },
      ],
      log: [
        { ...at(15), stream: 'stderr', text: 'other' },
        { ...at(20), stream: 'stdout', text: 'half a line' },
        { ...at(30), stream: 'stderr', text: 'later' },
        { ...at(20), stream: 'stdout', text: 'rest' },
      ],
    });
    expect(report.events).toHaveLength(eventfulLife.length);
    expect(report.events[0]).toMatchObject({ seq: 2, type: 'TaskSubmitted', at: '2026-11-22T14:00:00.000Z' });
  });
});

describe('the file', () => {
  const client = clientOf([['stdout', 'x', at(10)]]);

  test('is for nobody else to read, and nothing else is left beside it', async () => {
    const file = join(folder, 'run.cast');
    expect(await ghost(['export', '42', '--cast', file], { client })).toMatchObject({
      result: 0,
      stdout: '',
      stderr: '',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['run.cast']);
    expect((await playCast(readFileSync(file, 'utf8'))).output).toBe('x');
  });

  test('that is there already is left as it is, unless --force', async () => {
    const file = join(folder, 'run.cast');
    writeFileSync(file, 'precious');
    const refused = await ghost(['export', '42', '--cast', file], { client });
    expect(refused).toMatchObject({ result: 1, stdout: '' });
    expect(refused.stderr).toBe(
      `ghost: ${file} is there already; nothing was written\n  try: --force to replace ${file}\n`,
    );
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect((await ghost(['export', '42', '--force', '--cast', file], { client })).result).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^{"version":3/);
    expect(readdirSync(folder)).toEqual(['run.cast']);
  });

  test('that somebody else puts there meanwhile is left as it is', async () => {
    const file = join(folder, 'run.cast');
    const slow = clientOf([], {
      log: () => {
        writeFileSync(file, 'precious');
        return logOf([['stdout', 'x', at(10)]]);
      },
    });
    const refused = await ghost(['export', '42', '--cast', file], { client: slow });
    expect(refused.stderr).toContain('is there already');
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(readdirSync(folder)).toEqual(['run.cast']);
  });

  test('is whole or not there at all', async () => {
    const broken = clientOf([], {
      async *log() {
        yield* logOf([['stdout', 'x', at(10)]]);
        throw new GhostError('log-unreadable', 'a segment cannot be read');
      },
    });
    const refused = await ghost(['export', '42', '--cast', join(folder, 'run.cast')], { client: broken });
    expect(refused).toMatchObject({ result: 1, stderr: 'ghost: a segment cannot be read\n' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('in a folder that is not there, a folder, or nothing at all, is refused in words', async () => {
    const said = async (file: string) => await ghost(['export', '42', `--cast=${file}`], { client });
    expect((await said(join(folder, 'no', 'run.cast'))).stderr).toMatch(
      /^ghost: \S+ could not be written: ENOENT.*\n {2}try: /,
    );
    expect((await said(folder)).stderr).toContain('is no file that could be replaced');
    expect(await said('')).toMatchObject({ result: 2, stderr: expect.stringContaining('--cast needs a file') });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a link is replaced with --force, and what it leads to is left as it is', async () => {
    const target = join(folder, 'target');
    const link = join(folder, 'link');
    mkdirSync(join(folder, 'far'));
    writeFileSync(target, 'precious');
    chmodSync(target, 0o644);
    symlinkSync(target, link);
    expect((await ghost(['export', '42', '--cast', link], { client })).result).toBe(1);
    expect((await ghost(['export', '42', '--force', '--cast', link], { client })).result).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });
});

test.for<readonly [words: readonly string[], says: string]>([
  [[], 'what to write is not said'],
  [['--cast', 'a', '--json', 'b'], 'one thing at a time'],
  [['--cast', 'a', '--size', '80'], '"80" is no size of a terminal'],
  [['--cast', 'a', '--size', '0x24'], '"0x24" is no size'],
  [['--cast', 'a', '--size', `${sizeMax + 1}x1`], `"${sizeMax + 1}x1" is no size`],
  [['--cast', 'a', '--size', `1x${sizeMax + 1}`], `"1x${sizeMax + 1}" is no size`],
  [['--cast', 'a', '--size', '1x0'], '"1x0" is no size'],
  [['--json'], '--json needs a value'],
])('%j is refused before anything is asked', async ([words, says]) => {
  const said = await ghost(['export', '42', ...words]);
  expect(said).toMatchObject({ result: 2, stdout: '', starts: [] });
  expect(said.stderr).toContain(says);
});

test('a reader of standard output that has gone ends it quietly', async () => {
  const stdout = new KeptOutput({ bytesMax: 10 });
  let given = 0;
  const client = clientOf([], {
    async *log() {
      for (; given < 1000; given += 1) yield* logOf([['stdout', 'x', at(given)]]);
      return { task: web, reason: 'complete', cursor: { stdout: 0, stderr: 0 } };
    },
  });
  expect((await ghost(['export', '42', '--cast', '-'], { stdout, client })).result).toBe(0);
  expect(given).toBeLessThan(5);
});
