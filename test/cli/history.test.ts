import { describe, expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { microsecondsOf } from '../../src/microseconds.ts';
import type { TaskFilter } from '../../src/projections/task-filter.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import type { CommandStats, DaemonStatus } from '../../src/protocol/answers.ts';
import { eventsOf, killedView, runningView, someone, viewOf } from './fake-client.ts';
import { ghost, KeptOutput, type WorldParts } from './fake-world.ts';

process.env['TZ'] = 'UTC';

/** Asks a history that has these, the newest first, and keeps what it was asked. */
async function asked(
  argv: readonly string[],
  { tasks = [], ...parts }: WorldParts & { tasks?: readonly TaskView[] } = {},
) {
  const questions: { filter: Partial<TaskFilter> | undefined; limit: number | undefined }[] = [];
  const client: Partial<Client> = {
    async *history(filter, options) {
      questions.push({ filter, limit: options?.limit });
      yield* tasks.slice(0, options?.limit);
    },
    ...parts.client,
  };
  const said = await ghost(['history', ...argv], {
    environment: { HOME: '/home/you' },
    ...parts,
    client,
  });
  return { ...said, questions };
}

async function termsOf(...argv: string[]): Promise<TaskFilter['terms']> {
  const { questions, stderr, result } = await asked(argv, { tasks: [viewOf()] });
  expect({ stderr, result }).toEqual({ stderr: '', result: 0 });
  const [question] = questions;
  if (question?.filter?.terms === undefined) throw new Error('the history was not asked');
  return question.filter.terms;
}

describe('history', () => {
  const tasks = [killedView({ id: 43, command: ['make'] }), viewOf(), runningView({ id: 7, name: 'web' })];

  test('shows the newest at the bottom, as list does', async () => {
    const { stdout, stderr, questions } = await asked([], { tasks });
    expect(stderr).toBe('');
    expect(stdout).toBe(
      [
        'ID  NAME  STATE    EXIT     STARTED                TOOK  COMMAND',
        ' 7  web   running  -        2026-11-22 14:03:20  1m 40s  sleep 2',
        '42  -     exited   0        2026-11-22 14:03:20    2.0s  sleep 2',
        '43  -     killed   SIGTERM  2026-11-22 14:03:20    2.0s  make',
        '',
      ].join('\n'),
    );
    expect(questions).toEqual([{ filter: { terms: [], forgotten: false }, limit: 31 }]);
  });

  test('in JSON gives one array, the newest first, and exactly as many as were asked for', async () => {
    const { stdout, questions } = await asked(['--json', '-n', '2', '--hidden'], { tasks });
    expect(stdout).toBe(`${JSON.stringify(tasks.slice(0, 2))}\n`);
    expect(questions).toEqual([{ filter: { terms: [], forgotten: true }, limit: 2 }]);
    expect((await asked(['--json'], {})).stdout).toBe('[]\n');
    const terminal = await asked(['--json'], { tasks, stdout: new KeptOutput({ columns: 80 }) });
    expect(terminal.stdout).toBe(`${JSON.stringify(tasks, null, 2)}\n`);
    expect((await asked(['--json', '-a'], { tasks })).questions[0]?.limit).toBe(Number.POSITIVE_INFINITY);
  });

  test('says to a person that there are more, in words to paste, and to nobody else', async () => {
    const argv = ['-n', '2', '--exit', '!0', '--hidden', 'npm', 'two words'];
    const person = await asked(argv, { tasks, stderr: new KeptOutput({ columns: 80 }) });
    expect(person.stderr).toContain(`… and older ones: ghost history -n 20 --hidden --exit '!0' 'npm two words'`);
    expect(person.stdout.split('\n')).toHaveLength(4);
    expect((await asked(argv, { tasks })).stderr).toBe('');
    expect((await asked(['-n', '3'], { tasks, stderr: new KeptOutput({ columns: 80 }) })).stderr).toBe('');
  });

  test('says that none fits, or that there are none yet', async () => {
    expect(await asked(['npm'])).toMatchObject({
      result: 0,
      stdout: '',
      stderr: 'no task fits; see: ghost history --help\n',
    });
    expect((await asked([])).stderr).toBe('no tasks to show; start one with: ghost run COMMAND\n');
  });

  test('understands options as the same words inline', async () => {
    const inline = await termsOf(
      'npm test exit:!0,1 state:failed,killed signal:TERM since:2h until:now cwd:. name:web tag:ci longer:5m shorter:1h',
    );
    const words = [
      ['npm', 'test'],
      ['--exit', '!0,1'],
      ['-s', 'failed', '--state=killed'],
      ['--signal', 'SIGTERM'],
    ];
    const times = [
      ['--since', '2h'],
      ['--until', 'now'],
      ['-C', '.'],
      ['--name', 'web'],
      ['-t', 'ci'],
    ];
    const options = [...words, ...times, ['--longer', '5m'], ['--shorter', '1h']];
    const sorted = (terms: TaskFilter['terms']) => terms.map((term) => JSON.stringify(term)).toSorted();
    expect(sorted(await termsOf(...options.flat()))).toEqual(sorted(inline));
    expect(inline).toHaveLength(14);
    expect(await termsOf('cwd:~/x')).toEqual([{ not: false, field: 'cwd', folder: '/home/you/x' }]);
    expect(await termsOf('--', '-v')).toEqual([{ not: false, field: 'text', text: '-v' }]);
  });

  test('takes the time of an event from the journal', async () => {
    const [event] = eventsOf({ type: 'TaskForgotten', task: null as never, actor: someone, data: { requestId: 'r' } });
    const client: Partial<Client> = {
      status: () => Promise.resolve({ events: 9 } as DaemonStatus),
      async *audit({ after, before } = {}) {
        expect(before).toBe((after ?? 0) + 2);
        if (event !== undefined) yield { ...event, at: microsecondsOf(`2026-11-22T14:03:0${after}.000Z`) };
        return { seq: 9 };
      },
    };
    const { questions } = await asked(['--since', 'seq:5', 'until:seq:8'], { client });
    expect(questions[0]?.filter).toMatchObject({
      terms: [
        { field: 'until', time: '2026-11-22T14:03:07.000Z' },
        { field: 'since', time: '2026-11-22T14:03:04.000Z' },
      ],
    });
    expect(await asked(['since:seq:10'], { client })).toMatchObject({
      result: 2,
      stderr: expect.stringContaining('there is no event 10: the last one in the journal is 9') as string,
    });
    expect(await asked(['since:seq:8 until:seq:5'], { client })).toMatchObject({
      result: 2,
      stderr: expect.stringContaining('nothing lies between') as string,
    });
  });

  test.for([
    [['npm', 'exti:!0'], 'column 5: there is no field "exti" (of exti:!0)', 'exit:!0 '],
    [['--exit', '300'], '--exit: "300" is no exit status: it is 0 to 255', "--exit 3, --exit '!0'"],
    [['--state', 'runing'], '--state: there is no state "runing"', '--state running'],
    [['--since', 'last week'], '--since: "last week" is no time', '14:30'],
    [['--since', '1h', '--until', '2h'], 'nothing lies between', ''],
    [['--cwd', ''], '--cwd: a value is missing', '--cwd .'],
    [['-n', '0'], '-n is at least 1', 'ghost history -n 1, or --all'],
    [['-n', 'x'], '"x" is no number of tasks', 'ghost history -n 100'],
    [['-a', '-n', '3'], 'either --all or -n says how many', 'leave one'],
    [['--exti', '3'], 'history has no option --exti', '--exit'],
  ] as const)('%j is refused', async ([argv, message, hint]) => {
    const said = await asked(argv);
    expect(said).toMatchObject({ result: 2, stdout: '', questions: [] });
    expect(said.stderr).toContain(`ghost: ${message}`);
    expect(said.stderr).toContain(`try: ${hint}`.trim().replace(/try:$/, ''));
  });

  test('a folder that is named in full does not need the current one, which may be gone', async () => {
    const cwd = (): never => {
      throw new Error('ENOENT: uv_cwd');
    };
    for (const argv of [['cwd:/srv/app'], ['--cwd', '/srv/app'], ['cwd:~']]) {
      expect(await asked(argv, { cwd })).toMatchObject({ result: 0, questions: [expect.anything()] });
    }
    const said = await asked(['cwd:.'], { cwd });
    expect(said).toMatchObject({ result: 2, questions: [] });
    expect(said.stderr).toBe('ghost: column 5: the current folder is gone\n  try: cwd:/home/you\n');
  });

  test('points at the wrong piece for a person', async () => {
    const stderr = new KeptOutput({ columns: 60 });
    const said = await asked(['日本', 'npm', 'exti:!0'], { stderr });
    expect(said.stderr.split('\n').slice(0, 2)).toEqual(['  日本 npm exti:!0', '           ^^^^']);
    // Where it would not fit, it only confuses.
    expect(
      (await asked(['x'.repeat(80), 'exti:!0'], { stderr: new KeptOutput({ columns: 60 }) })).stderr,
    ).not.toContain('^');
  });
});

describe('history --stats', () => {
  const commands: readonly CommandStats[] = [
    { command: ['npm', 'test'], runs: 120, failures: 7, medianMs: 62_000, p95Ms: 125_000, lastId: 991 },
    { command: ['echo', 'a b'], runs: 3, failures: 0, medianMs: null, p95Ms: null, lastId: 12 },
  ];
  const client: Partial<Client> = { historyStats: () => Promise.resolve({ commands, commandsTotal: 1_206 }) };

  test('is a table by command, the one that ran most often first', async () => {
    expect((await asked(['--stats'], { client })).stdout).toBe(
      [
        'RUNS  FAILED  MEDIAN     P95  LAST  COMMAND',
        ' 120       7  1m 02s  2m 05s   991  npm test',
        "   3       0       -       -    12  echo 'a b'",
        '',
      ].join('\n'),
    );
  });

  test('fits a narrow terminal, and tells a person how many more there are', async () => {
    const narrow = await asked(['--stats', '-n', '1', '--no-color'], {
      client,
      stdout: new KeptOutput({ columns: 30 }),
      stderr: new KeptOutput({ columns: 30 }),
    });
    for (const line of narrow.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(30);
    expect(narrow.stderr).toBe('… 1,205 more: ghost history -n 10 --stats\n');
    const all = await asked(['--stats', '-a', '--no-color'], { client, stderr: new KeptOutput({ columns: 30 }) });
    expect(all.stderr).toBe('… 1,204 more\n');
  });

  test('in JSON is one array', async () => {
    expect(JSON.parse((await asked(['--stats', '--json'], { client })).stdout)).toEqual(commands);
    expect(JSON.parse((await asked(['--stats', '--json', '-n', '1'], { client })).stdout)).toEqual(
      commands.slice(0, 1),
    );
  });
});
