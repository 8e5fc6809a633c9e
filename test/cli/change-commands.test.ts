import { describe, expect, test } from 'vitest';

import { commandTable } from '../../src/cli/command-table.ts';
import type { Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { EnvironmentValue } from '../../src/protocol/answers.ts';
import { detailOf, runningView, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';

process.env['TZ'] = 'UTC';

describe('rename', () => {
  async function renamed(...argv: string[]) {
    const asked: unknown[] = [];
    const client: Partial<Client> = {
      rename: (task, name) => {
        asked.push([task, name]);
        return Promise.resolve(viewOf({ name }));
      },
    };
    return { ...(await ghost(['rename', ...argv], { client })), asked };
  }

  test('gives a name or takes it away, and says what it is now', async () => {
    expect(await renamed('web', 'front\u0007')).toMatchObject({ stdout: '42 is named front\\x07\n', result: 0 });
    expect(await renamed('web', '--clear')).toMatchObject({ stdout: '42 has no name\n', asked: [['web', null]] });
    expect(JSON.parse((await renamed('42', 'x', '--json')).stdout)).toEqual(viewOf({ name: 'x' }));
  });

  test.for([
    [['42'], 'rename needs the new name, or --clear to take the old one away', 'ghost rename 42 NAME'],
    [['42', 'x', '--clear'], 'either "x" is its name or --clear takes it away', 'ghost rename 42 x'],
    [[], 'rename needs the ID of a task', 'ghost rename @last web'],
    [['42', 'x', 'y'], 'rename takes', 'ghost rename --help'],
  ] as const)('%j is refused before anybody is asked', async ([argv, message, hint]) => {
    const said = await renamed(...argv);
    expect(said).toMatchObject({ result: 2, stdout: '', starts: [] });
    expect(said.stderr).toContain(`ghost: ${message}`);
    expect(said.stderr).toContain(`try: ${hint}`);
  });
});

describe('tag', () => {
  async function tagged(...argv: string[]) {
    const asked: unknown[] = [];
    const client: Partial<Client> = {
      tag: (task, tags) => {
        asked.push([task, tags]);
        return Promise.resolve(viewOf({ tags: tags.add ?? [] }));
      },
    };
    return { ...(await ghost(['tag', ...argv], { client })), asked };
  }

  test('takes +TAG and -TAG in any order, and says the tags of now', async () => {
    expect(await tagged('web', '+ci', '-slow', '+b/c', '-n')).toMatchObject({
      result: 0,
      stdout: '42 is tagged ci b/c\n',
      asked: [['web', { add: ['ci', 'b/c'], remove: ['slow', 'n'] }]],
    });
    expect(await tagged('42', '-slow')).toMatchObject({ stdout: '42 has no tags\n' });
    expect(JSON.parse((await tagged('42', '+x', '--json')).stdout)).toEqual(viewOf({ tags: ['x'] }));
  });

  test('takes what is spelled as an option for one, and behind -- for a tag', async () => {
    expect((await tagged('42', '-h')).stdout).toContain('Usage');
    expect((await tagged('42', '+x', '--', '-h', '--json')).asked).toEqual([
      ['42', { add: ['x'], remove: ['h', '-json'] }],
    ]);
  });

  test.for([
    [['42', 'ci'], '"ci" is neither +TAG nor -TAG', 'ghost tag 42 +ci'],
    [['42', '+'], '"+" is neither +TAG nor -TAG', 'ghost tag 42 +TAG'],
    [['+ci', '42'], 'the task is named first, then its tags: 42 before +ci', 'ghost tag 42 +ci'],
    [['42'], 'tag needs the ID of a task, and tags', 'ghost tag @last +ci'],
    [['42', '--ci'], 'tag has no option --ci', ''],
  ] as const)('%j is refused before anybody is asked', async ([argv, message, hint]) => {
    const said = await tagged(...argv);
    expect(said).toMatchObject({ result: 2, stdout: '', starts: [] });
    expect(said.stderr).toContain(`ghost: ${message}`);
    expect(said.stderr).toContain(hint);
  });
});

test('no help says twice that an option may be repeated', async () => {
  for (const { name } of commandTable) {
    const { stdout } = await ghost(['help', name]);
    expect(stdout.replaceAll(/\s+/g, ' ')).not.toMatch(/may be repeated; may be repeated/);
  }
  expect((await ghost(['help', 'redact'])).stdout).toContain('may be repeated');
});

describe('redact', () => {
  const redact = (result: { environments: number; tasks: number }): Partial<Client> => ({
    redact: (_, name) => Promise.resolve({ name, ...result }),
  });

  test('says of how many tasks the value is gone, or that it was gone before', async () => {
    const argv = ['redact', '42', '--env', 'API_TOKEN'];
    expect(await ghost(argv, { client: redact({ environments: 2, tasks: 5 }) })).toMatchObject({
      result: 0,
      stdout: 'the value of API_TOKEN is removed from the environment of 5 tasks\n',
    });
    expect((await ghost(argv, { client: redact({ environments: 0, tasks: 0 }) })).stdout).toBe(
      'the value of API_TOKEN had been removed before\n',
    );
    expect(
      JSON.parse((await ghost([...argv, '--json'], { client: redact({ environments: 2, tasks: 5 }) })).stdout),
    ).toEqual({ name: 'API_TOKEN', environments: 2, tasks: 5 });
  });

  test('several variables are all removed, of one and the same task, and one that is not there keeps none of them', async () => {
    const asked: unknown[] = [];
    const client: Partial<Client> = {
      show: () => Promise.resolve(detailOf(viewOf({ id: 7 }))),
      redact: (...given) => {
        asked.push(given);
        const [, name] = given;
        return name === 'B'
          ? Promise.reject(new GhostError('no-such-variable', 'there is no B in the environment of task 7'))
          : Promise.resolve({ name, environments: 1, tasks: 1 });
      },
    };
    const argv = ['redact', '@last', '--env', 'A', '--env', 'B', '--env', 'C'];
    const said = await ghost(argv, { client });
    expect(asked).toEqual([
      ['7', 'A'],
      ['7', 'B'],
      ['7', 'C'],
    ]);
    expect(said).toMatchObject({
      result: 1,
      stdout:
        'the value of A is removed from the environment of 1 task\nthe value of C is removed from the environment of 1 task\n',
    });
    expect(said.stderr).toContain('there is no B in the environment of task 7');
    expect(JSON.parse((await ghost([...argv, '--json'], { client })).stdout)).toMatchObject([
      { name: 'A' },
      { name: 'C' },
    ]);
  });

  test('needs the name of a variable', async () => {
    const said = await ghost(['redact', '42']);
    expect(said).toMatchObject({ result: 2, starts: [] });
    expect(said.stderr).toContain('try: ghost redact 42 --env NAME');
  });
});

describe('show --env', () => {
  const values: readonly EnvironmentValue[] = [
    { name: 'PATH', value: '/bin:/usr/bin', shown: 'plain' },
    { name: 'EMPTY', value: '', shown: 'plain' },
    { name: 'ODD', value: "it's \u001b[31m", shown: 'plain' },
    { name: 'RAW', value: Uint8Array.from([0x41, 0xff, 0x27, 0x5c, 0x0a]), shown: 'plain' },
    { name: 'API_TOKEN', value: null, shown: 'masked' },
    { name: 'OLD_TOKEN', value: null, shown: 'redacted' },
  ];

  async function shown(...argv: string[]) {
    const asked: unknown[] = [];
    const client: Partial<Client> = {
      show: (task, options) => {
        asked.push(['show', task, options]);
        return Promise.resolve(detailOf(runningView({ id: 7, name: 'web' })));
      },
      environment: (task, options) => {
        asked.push(['environment', task, options]);
        return Promise.resolve(values);
      },
    };
    return { ...(await ghost(['show', 'web', ...argv], { client })), asked };
  }

  test('shows the values as a shell would read them, by name, and says why one is not shown', async () => {
    const { stdout, asked } = await shown('--env');
    expect(stdout).toContain(
      [
        'environment',
        'API_TOKEN=(looks like a secret; --reveal shows it)',
        'EMPTY=',
        "ODD=$'it\\'s \\e[31m'",
        'OLD_TOKEN=(removed from the store)',
        'PATH=/bin:/usr/bin',
        "RAW=$'A\\377\\047\\134\\012'",
        '',
        'events',
      ].join('\n'),
    );
    expect(asked).toEqual([
      ['show', 'web', {}],
      // The name may mean another task by then.
      ['environment', '7', { reveal: false }],
    ]);
    expect((await shown('--env', '--reveal')).asked[1]).toEqual(['environment', '7', { reveal: true }]);
  });

  test('in JSON gives them in their order, bytes as base64', async () => {
    const { environment, environmentNames } = JSON.parse((await shown('--env', '--json')).stdout) as Record<
      string,
      unknown
    >;
    expect(environment).toEqual(
      values.map((entry) => (entry.name === 'RAW' ? { ...entry, value: { base64: 'Qf8nXAo=' } } : entry)),
    );
    expect(environmentNames).toEqual(['PATH', 'HOME']);
    expect(JSON.parse((await shown('--json')).stdout)).not.toHaveProperty('environment');
  });

  test('is not asked for by itself, and --reveal goes with it', async () => {
    expect((await shown()).asked).toEqual([['show', 'web', {}]]);
    expect(await shown('--reveal')).toMatchObject({
      result: 2,
      stderr: expect.stringContaining('try: ghost show web --env --reveal') as string,
    });
  });
});

describe('--at', () => {
  const client = (asked: unknown[]): Partial<Client> => ({
    list: (options) => {
      asked.push(options);
      return Promise.resolve([runningView({ id: 7 })]);
    },
    show: (_, options) => {
      asked.push(options);
      return Promise.resolve(detailOf(runningView({ id: 7 })));
    },
    status: () => Promise.resolve({ events: 9 } as never),
    async *audit() {
      yield { at: Date.parse('2026-11-22T14:03:50.000Z') * 1000 } as never;
      return { seq: 9 };
    },
  });

  test('asks for the table and the task of then, and counts what ran up to then', async () => {
    const asked: unknown[] = [];
    const list = await ghost(['list', '--at', '14:04'], { client: client(asked) });
    expect(list.stdout).toContain('40.0s');
    const show = await ghost(['show', '7', '--at', 'seq:5'], { client: client(asked) });
    expect(show.stdout).toContain('running for 30.0s');
    expect(asked).toEqual([
      { all: false, at: { kind: 'time', time: '2026-11-22T14:04:00.000Z' } },
      { at: { kind: 'event', seq: 5 } },
    ]);
  });

  test('that is yet to come counts no further than now', async () => {
    const { stdout } = await ghost(['list', '--at', '23:00'], { client: client([]) });
    expect(stdout).toContain('1m 40s');
  });

  test.for([
    [['list', '--at', 'then'], 2, '"then" is no time'],
    [['list', '--at', 'seq:10'], 2, 'there is no event 10: the last one in the journal is 9'],
    [['show', '7', '--at', '25:00'], 2, '"25:00" is no time'],
  ] as const)('%j is refused', async ([argv, result, message]) => {
    const said = await ghost(argv, { client: client([]) });
    expect(said).toMatchObject({ result, stdout: '' });
    expect(said.stderr).toContain(message);
  });

  test('says that nothing was there', async () => {
    const none = { list: () => Promise.resolve([]) };
    expect((await ghost(['list', '--at', '1h ago'], { client: none })).stderr).toBe('there were no tasks then\n');
    expect((await ghost(['list', '--at', '1h ago', '-s', 'lost'], { client: none })).stderr).toBe('no task was lost\n');
  });

  test('a long list in JSON is written page by page and is one array', async () => {
    const stdout = new KeptOutput();
    const writes: number[] = [];
    const write = stdout.write.bind(stdout);
    stdout.write = (data) => {
      writes.push(data.length);
      return write(data);
    };
    const page = (from: number) => Array.from({ length: 500 }, (_, n) => viewOf({ id: from + n }));
    async function* listPages() {
      yield page(1);
      yield page(501);
    }
    await ghost(['list', '-a', '--json'], { client: { listPages }, stdout });
    expect(stdout.text).toBe(`${JSON.stringify([...page(1), ...page(501)])}\n`);
    expect(writes.length).toBeGreaterThan(3);
  });
});
