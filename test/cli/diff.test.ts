import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { comparedLinesMax } from '../../src/cli/past/compared-log.ts';
import { blanking, ignorePatterns } from '../../src/cli/past/line-blanks.ts';
import { type ComparedLines, diffLines, editsMax } from '../../src/cli/past/line-diff.ts';
import type { Client } from '../../src/client/api.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import type { EnvironmentValue, TaskDetail } from '../../src/protocol/answers.ts';
import { committed, taskDraft } from '../support/facts.ts';
import { detailOf, logOf, type PieceParts, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';

process.env['TZ'] = 'UTC';

interface Run {
  readonly view?: Partial<TaskView>;
  readonly detail?: Partial<TaskDetail>;
  readonly environment?: readonly (readonly [name: string, value: string, isSecret?: boolean])[];
  readonly log?: readonly (readonly ['stdout' | 'stderr', string, PieceParts?])[];
}

/** A client that knows the runs 1 and 2, and what was asked about their environments. */
function clientOf(first: Run, second: Run): { readonly client: Partial<Client>; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const runOf = (id: string): Run => (id === '1' ? first : second);
  const client: Partial<Client> = {
    show: (id) => {
      const { view, detail, environment } = runOf(id);
      const environmentHash = JSON.stringify(environment ?? []);
      const events = committed([taskDraft('TaskSubmitted', { task: Number(id), data: { environmentHash } })]);
      return Promise.resolve(
        detailOf(viewOf({ id: Number(id), pid: Number(`470${id}`), ...view }), { events, ...detail }),
      );
    },
    environment: (id, { reveal = false } = {}) => {
      asked.push([id, reveal]);
      const variables = (runOf(id).environment ?? []).map(([name, value, isSecret = false]): EnvironmentValue =>
        isSecret && !reveal ? { name, value: null, shown: 'masked' } : { name, value, shown: 'plain' },
      );
      return Promise.resolve(variables);
    },
    log: (id, { lines } = {}) => {
      expect(lines).toBe(comparedLinesMax + 1);
      return logOf(runOf(id).log ?? []);
    },
  };
  return { client, asked };
}

async function differ(first: Run, second: Run, words: readonly string[] = []) {
  const { client, asked } = clientOf(first, second);
  return { ...(await ghost(['diff', ...words, '1', '2'], { client })), asked };
}

describe('ghost diff', () => {
  test('of two runs that differ in nothing but time ends with 0', async () => {
    const took = { durationMs: 9000, startedAt: '2026-11-23T08:00:00.000Z' };
    const second = { view: took, detail: { processorTime: { userMs: 100, systemMs: 1 } } };
    const { result, stdout, asked } = await differ({}, second);
    expect(result).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '--- task 1  2026-11-22 14:03:20',
      '+++ task 2  2026-11-23 08:00:00',
      'took       2.0s → 9.0s',
      'processor  15ms → 101ms',
      '',
    ]);
    // The same hash is the same environment.
    expect(asked).toEqual([]);
  });

  test('tells each fact that differs, and ends with 1', async () => {
    const { result, stdout, stderr } = await differ(
      {
        view: { name: 'build', tags: ['ci', 'old'], command: ['make', '-j4', 'all', 'x y'], cwd: '/srv/a' },
        environment: [
          ['PATH', '/bin'],
          ['DEBUG', '1'],
          ['HOME', '/root'],
        ],
        log: [['stdout', 'one\ntwo\n']],
      },
      {
        view: {
          tags: ['ci', 'new'],
          command: ['make', 'all', 'x y', '-k'],
          cwd: '/srv/b',
          state: 'failed',
          exitCode: 2,
        },
        detail: { log: { stdoutBytes: 2048, stderrBytes: 5, complete: true, lastAt: null } },
        environment: [
          ['PATH', '/usr/bin'],
          ['CI', 'true'],
          ['HOME', '/root'],
        ],
        log: [
          ['stdout', 'one\n2\n'],
          ['stderr', 'oops\n'],
        ],
      },
    );
    expect({ result, stderr }).toEqual({ result: 1, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      '--- task 1 build  2026-11-22 14:03:20',
      '+++ task 2  2026-11-22 14:03:20',
      "command      make [--j4-] all 'x y' {+-k+}",
      'folder       - /srv/a',
      '             + /srv/b',
      'name         - build',
      '             + none',
      'tags         -old +new',
      'outcome      - exited with 0',
      '             + failed with 2',
      'environment  + CI',
      '             - DEBUG',
      '             ~ PATH',
      'stdout       1.2 KiB → 2.0 KiB',
      'stderr       0 B → 5 B',
      '',
      'stdout: 1 line removed, 1 added',
      '@@ -1,2 +1,2 @@',
      ' one',
      '-two',
      '+2',
      '',
      'stderr: 0 lines removed, 1 added',
      '@@ -0,0 +1,1 @@',
      '+oops',
      '',
    ]);
  });

  test('marks what differs within a script', async () => {
    const first = { view: { command: ['sh', '-c', 'cd src && make -j4 all; exit 3', 'a', 'q'] } };
    const second = { view: { command: ['sh', '-c', 'cd src && make all; exit 4', 'b', 'q'] } };
    const { stdout } = await differ(first, second);
    expect(stdout).toContain("command  sh -c 'cd src && make [--j4-] all; exit [-3-] {+4+}' [-a-] {+b+} q\n");
  });

  test('scripts that differ in their spaces alone, or in everything, are shown whole', async () => {
    const [a, b, c] = ['x  y', 'x y', 'z'].map((script) => ({ view: { command: ['sh', '-c', script] } }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three runs');
    expect((await differ(a, b)).stdout).toContain("sh -c [-'x  y'-] {+'x y'+}\n");
    expect((await differ(b, c)).stdout).toContain("sh -c [-'x y'-] {+z+}\n");
  });

  test('--json has the same in one object', async () => {
    const { result, stdout } = await differ({ view: { tags: ['a'] } }, { log: [['stderr', 'oops\n']] }, ['--json']);
    expect(result).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      same: false,
      a: { id: 1 },
      b: { id: 2 },
      command: null,
      folder: null,
      name: null,
      tags: { removed: ['a'], added: [] },
      outcome: null,
      environment: [],
      durationMs: { a: 2000, b: 2000 },
      log: {
        cut: false,
        stdout: { removed: 0, added: 0, hunks: [] },
        stderr: { removed: 0, added: 1, hunks: [{ fromA: 1, fromB: 1, lines: [{ kind: 'added', text: 'oops' }] }] },
      },
    });
  });

  test('what a task wrote cannot move the cursor of a terminal, and goes into a pipe as it is', async () => {
    const { client } = clientOf({}, { log: [['stdout', '\u001b[2Jboo\n']] });
    const stdout = new KeptOutput({ columns: 80 });
    await ghost(['diff', '1', '2'], { client, stdout, environment: { NO_COLOR: '1' } });
    expect(stdout.text).toContain('+\\e[2Jboo\n');
    expect((await ghost(['diff', '1', '2'], { client })).stdout).toContain('+\u001b[2Jboo\n');
  });

  test.for([
    [['1']],
    [['1', '2', '3']],
    [['--reveal', '1', '2']],
    [['--ignore', '(', '1', '2']],
    [['--ignore=', '1', '2']],
  ])('%j is refused before anything is asked', async ([words = []]) => {
    expect(await ghost(['diff', ...words])).toMatchObject({ result: 2, stdout: '', starts: [] });
  });
});

describe('the environment', () => {
  const first: Run = {
    environment: [
      ['TOKEN', 'a', true],
      ['KEEP', 's', true],
      ['LANG', 'C'],
    ],
  };
  const second: Run = {
    environment: [
      ['TOKEN', 'b', true],
      ['KEEP', 's', true],
      ['LANG', 'de'],
    ],
  };

  test('secrets are compared, and shown to nobody', async () => {
    const { stdout } = await differ(first, second, ['--env']);
    expect(stdout.split('\n').slice(2, 6)).toEqual([
      'environment  - LANG=C',
      '             + LANG=de',
      '             - TOKEN=(masked)',
      '             + TOKEN=(masked)',
    ]);
    expect(JSON.parse((await differ(first, second, ['--env', '--json'])).stdout)).toMatchObject({
      environment: [
        { name: 'LANG', kind: 'changed', a: { value: 'C', shown: 'plain' }, b: { value: 'de', shown: 'plain' } },
        { name: 'TOKEN', kind: 'changed', a: { value: null, shown: 'masked' }, b: { value: null, shown: 'masked' } },
      ],
    });
  });

  test('without --env there are names only, and with --reveal everything', async () => {
    const plain = await differ(first, second, ['--json']);
    expect(JSON.parse(plain.stdout)).toMatchObject({
      environment: [
        { name: 'LANG', kind: 'changed' },
        { name: 'TOKEN', kind: 'changed' },
      ],
    });
    expect(plain.stdout).not.toMatch(/"(de|C|masked)"/);
    expect((await differ(first, second, ['--env', '--reveal'])).stdout).toContain('- TOKEN=a\n');
  });
});

describe('lines', () => {
  const usual = blanking([], { exact: false, pids: [4711, 4712] });

  test.for([
    ['2026-11-22T14:03:20.123Z start', '2025-01-02 03:04:05,6 start'],
    ['done in 1.23s', 'done in 45 ms'],
    ['took 2m 10s.', 'took 9s.'],
    ['at 14:03:22.5 it', 'at 9:00:00 it'],
    ['pid=4711;', 'pid=4712;'],
    ['  9.5s ok', ' 10.25s ok'],
    ['3 minutes', '12 hours'],
  ])('%j and %j are the same', ([a = '', b = '']) => {
    expect(usual(a)).toBe(usual(b));
  });

  test.for([
    ['version 1.2.3', 'version 1.2.4'],
    ['src/a.ts:12:30 error', 'src/a.ts:12:31 error'],
    ['3 failed', '4 failed'],
    ['s3', 's4'],
    ['pid 47110', 'pid 47111'],
    ['10 mb', '11 mb'],
    ['pid=4711;', 'pid=4713;'],
  ])('%j and %j are not', ([a = '', b = '']) => {
    expect(usual(a)).not.toBe(usual(b));
  });

  test('--exact compares them as they are, and --ignore leaves out what it matches', async () => {
    const first: Run = { log: [['stdout', 'done in 1s at 0xdead\n']] };
    const second: Run = { log: [['stdout', 'done in 2s at 0xbeef\n']] };
    expect((await differ(first, second)).result).toBe(1);
    expect((await differ(first, second, ['--ignore', '0x[0-9a-f]+'])).result).toBe(0);
    expect((await differ(first, second, ['--exact', '--ignore', '0x[0-9a-f]+'])).result).toBe(1);
    expect((await differ(first, second, ['--exact', '--ignore', '0x[0-9a-f]+', '--ignore', '\\d+s'])).result).toBe(0);
  });

  test('each task has its own process id', async () => {
    const log = (pid: number): Run => ({ log: [['stdout', `listening, pid ${pid}\n`]] });
    expect((await differ(log(4701), log(4702))).result).toBe(0);
    expect((await differ(log(4701), log(4703))).result).toBe(1);
  });

  test('how the streams mix is chance', async () => {
    const [out, error] = [
      ['stdout', 'o\n'],
      ['stderr', 'e\n'],
    ] as const;
    expect((await differ({ log: [out, error] }, { log: [error, out] })).result).toBe(0);
  });

  test('an empty pattern and a wrong one are refused', () => {
    expect(() => ignorePatterns([''])).toThrow('--ignore needs a pattern');
    expect(() => ignorePatterns(['a', '['])).toThrow('"[" is no regular expression');
  });
});

describe('long logs', () => {
  const many = (count: number, text: (place: number) => string): NonNullable<Run['log']> => [
    ['stdout', Array.from({ length: count }, (_, place) => `${text(place)}\n`).join('')],
  ];

  test('of which the last lines are the same are the same only where they are equally long', async () => {
    const log = many(comparedLinesMax + 1, String);
    const told = await differ({ log }, { log });
    expect(told).toMatchObject({
      result: 0,
      stderr: expect.stringContaining(`at most the last ${comparedLinesMax} lines`),
    });
    const longer = { stdoutBytes: 1_000_000, stderrBytes: 0, complete: true, lastAt: null };
    expect((await differ({ log }, { log, detail: { log: longer } })).result).toBe(1);
    expect(
      (await differ({ log: many(comparedLinesMax, String) }, { log: many(comparedLinesMax, String) })).stderr,
    ).toBe('');
  });

  test('that have too little in common are said to be different, within seconds', async () => {
    const count = editsMax / 2;
    const [a, b] = [many(count, (place) => `a${place}`), many(count + 1, (place) => `b${place}`)];
    const { result, stdout } = await differ({ log: a }, { log: b });
    expect(result).toBe(1);
    expect(stdout).toContain(
      `stdout: ${count} lines removed, ${count + 1} added; they have too little in common to be compared line by line\n`,
    );
    const fewer = await differ(
      { log: many(count, (place) => `a${place}`) },
      { log: many(count, (place) => `b${place}`) },
    );
    expect(fewer.stdout).not.toContain('too little in common');
  });
});

/** What patch(1), which knows nothing of how the diff was made, makes of the first with the diff. */
function patched(a: readonly string[], b: readonly string[]): string {
  const linesOf = (lines: readonly string[]): ComparedLines => ({ shown: lines, compared: lines });
  const { hunks } = diffLines(linesOf(a), linesOf(b));
  const folder = mkdtempSync(join(tmpdir(), 'diff-'));
  try {
    const file = join(folder, 'file');
    writeFileSync(file, a.map((line) => `${line}\n`).join(''));
    const signs = { same: ' ', removed: '-', added: '+' } as const;
    const text = hunks.map(({ fromA, fromB, lines }) => {
      const [ofA, ofB] = [
        lines.filter(({ kind }) => kind !== 'added').length,
        lines.filter(({ kind }) => kind !== 'removed').length,
      ];
      const range = (from: number, count: number) => `${count === 0 ? from - 1 : from},${count}`;
      return `@@ -${range(fromA, ofA)} +${range(fromB, ofB)} @@\n${lines.map(({ kind, text: line }) => `${signs[kind]}${line}\n`).join('')}`;
    });
    if (text.length > 0) {
      execFileSync('patch', ['--silent', '--fuzz=0', file], { input: `--- file\n+++ file\n${text.join('')}` });
    }
    return execFileSync('cat', [file]).toString();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('patch(1) makes the second log of the first and the difference', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 40 });
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      expect(patched(a, b)).toBe(b.map((line) => `${line}\n`).join(''));
    }),
    { numRuns: 60 },
  );
});
