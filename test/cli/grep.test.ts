import { describe, expect, test } from 'vitest';

import { openMax } from '../../src/cli/commands/grep.ts';
import { opened } from '../../src/cli/opened-ahead.ts';
import type { Client, LogOptions } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import { detailOf, logOf, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';

process.env['TZ'] = 'UTC';

type Pieces = Parameters<typeof logOf>[0];

const missing = { bytes: 10, prunedAt: '2026-11-20T14:30:07.000Z', reason: 'task-limit' } as const;
const logs = new Map<string, Pieces>([
  ['3', [['stdout', 'old error\n', { at: '2026-11-20T08:00:01.000Z' }]]],
  ['7', [['stdout', 'all is well\n']]],
  [
    '42',
    [
      ['stdout', 'one\ntwo\nan error\nthree\n', { at: '2026-11-22T14:03:22.000Z' }],
      ['stderr', 'ERROR\tbad\n', { at: null }],
    ],
  ],
  ['43', [['stdout', '', { missing }]]],
]);
const views = [viewOf({ id: 3, tags: ['ci'] }), viewOf({ id: 7, tags: ['web'] }), viewOf({ id: 42, tags: ['ci'] })];

function clientOf(asked: (readonly [string, LogOptions])[] = []): Partial<Client> {
  return {
    list: (options) => {
      expect(options).toEqual({ all: true });
      return Promise.resolve(views);
    },
    show: (id) => {
      const view = views.find((one) => String(one.id) === id || id === `t${one.id}`);
      if (view !== undefined) return Promise.resolve(detailOf(view));
      return Promise.reject(new GhostError('no-such-task', `there is no task ${id}`, { hint: 'ghost list' }));
    },
    log: (id, options = {}) => {
      asked.push([id, options]);
      return logOf(logs.get(id) ?? []);
    },
  };
}

describe('grep', () => {
  test('searches every task there ever was, and says where each line is from, the newest task last', async () => {
    expect(await ghost(['grep', 'error'], { client: clientOf() })).toMatchObject({
      result: 0,
      stdout: '3 stdout 2026-11-20 08:00:01 old error\n42 stdout 14:03:22 an error\n',
      stderr: '',
    });
  });

  test('without regard to case finds more, and a time that nobody noted is dashes', async () => {
    expect((await ghost(['grep', '-i', '^error', '42'], { client: clientOf() })).stdout).toBe(
      '42 stderr --:--:-- ERROR\tbad\n',
    );
  });

  test('on a terminal makes control characters visible', async () => {
    const stdout = new KeptOutput({ columns: 80 });
    await ghost(['grep', '--no-color', 'ERR', '42'], { client: clientOf(), stdout });
    expect(stdout.text).toBe('42 stderr --:--:-- ERROR\\tbad\n');
  });

  test('ends with 1 where nothing is found, and says nothing', async () => {
    expect(await ghost(['grep', 'nowhere'], { client: clientOf() })).toMatchObject({
      result: 1,
      stdout: '',
      stderr: '',
    });
  });

  test('takes only the tasks that are named or bear a tag, in a range of time', async () => {
    const asked: (readonly [string, LogOptions])[] = [];
    const client = clientOf(asked);
    await ghost(['grep', 'error', '--tag', 'ci', '--since', '1h ago', '--until', 'now'], { client });
    const range = { since: new Date('2026-11-22T13:05:00.000Z'), until: new Date('2026-11-22T14:05:00.000Z') };
    expect(asked).toEqual([
      ['3', range],
      ['42', range],
    ]);
    asked.length = 0;
    await ghost(['grep', 'error', 't42', '3', '42', '7', '-t', 'ci', '-t', 'web'], { client });
    expect(asked.map(([id]) => id)).toEqual(['3', '7', '42']);
  });

  test('with -l prints the numbers of the tasks that have such a line, and reads none of them to its end', async () => {
    let isRead = false;
    const client: Partial<Client> = {
      ...clientOf(),
      log: async function* log(id) {
        yield* logOf(logs.get(id) ?? []);
        if (id === '3') isRead = true;
        return { task: viewOf(), reason: 'complete', cursor: { stdout: 0, stderr: 0 } };
      },
    };
    expect(await ghost(['grep', '-l', 'error'], { client })).toMatchObject({ result: 0, stdout: '3\n42\n' });
    expect(isRead).toBe(false);
    expect((await ghost(['grep', '-l', '--json', 'error'], { client })).stdout).toBe('{"task":3}\n{"task":42}\n');
  });

  test('shows the lines around, with a -- between groups and between tasks', async () => {
    expect((await ghost(['grep', '-C', '1', 'error'], { client: clientOf() })).stdout).toBe(
      [
        '3 stdout 2026-11-20 08:00:01 old error',
        '--',
        '42 stdout 14:03:22 two',
        '42 stdout 14:03:22 an error',
        '42 stdout 14:03:22 three',
        '',
      ].join('\n'),
    );
  });

  test('in JSON gives an object a line', async () => {
    expect((await ghost(['grep', '--json', 'error'], { client: clientOf() })).stdout).toBe(
      '{"task":3,"at":"2026-11-20T08:00:01.000Z","stream":"stdout","text":"old error"}\n' +
        '{"task":42,"at":"2026-11-22T14:03:22.000Z","stream":"stdout","text":"an error"}\n',
    );
  });

  test('says once whose output is gone in part', async () => {
    const client = { ...clientOf(), list: () => Promise.resolve([...views, viewOf({ id: 43 }), viewOf({ id: 44 })]) };
    expect(await ghost(['grep', 'error'], { client })).toMatchObject({
      result: 0,
      stderr: 'ghost: some output of 1 task is gone and was not searched: 43\n',
    });
    const { stdout } = await ghost(['grep', '--json', 'nothing'], { client });
    expect(JSON.parse(stdout)).toMatchObject({ task: 43, text: null, missing });
  });

  test('tells of a task that does not exist or cannot be read, and searches the others', async () => {
    const client: Partial<Client> = {
      ...clientOf(),
      log: (id) => {
        if (id === '7') return failing();
        return logOf(logs.get(id) ?? []);
      },
    };
    expect(await ghost(['grep', 'error', '42', '99'], { client })).toMatchObject({
      result: 3,
      stdout: '42 stdout 14:03:22 an error\n',
      stderr: 'ghost: there is no task 99\n  try: ghost list\n',
    });
    expect(await ghost(['grep', 'error'], { client })).toMatchObject({
      result: 1,
      stdout: '3 stdout 2026-11-20 08:00:01 old error\n42 stdout 14:03:22 an error\n',
      stderr: 'ghost: the segment is damaged\n',
    });
  });

  test('ends when the reader has gone, with 0', async () => {
    const asked: (readonly [string, LogOptions])[] = [];
    const many = Array.from({ length: 50 }, (_, place) => viewOf({ id: place + 1 }));
    const client = { ...clientOf(asked), list: () => Promise.resolve(many) };
    logs.set('1', [['stdout', 'error '.repeat(100)]]);
    expect(await ghost(['grep', 'error'], { client, stdout: new KeptOutput({ bytesMax: 100 }) })).toMatchObject({
      result: 0,
      stderr: '',
    });
    expect(asked.length).toBeLessThan(6);
  });

  test('without a pattern is wrong use', async () => {
    expect(await ghost(['grep'])).toMatchObject({
      result: 2,
      stderr: 'ghost: grep needs a REGEX to search for\n  try: ghost grep error\n',
    });
  });
});

describe('streams that are opened ahead', () => {
  /** Counts what is open, and notes what happens. */
  function numbered() {
    const happened: string[] = [];
    const state = { open: 0, most: 0 };
    const open = async function* open(from: number): AsyncGenerator<number, string, void> {
      state.open += 1;
      state.most = Math.max(state.most, state.open);
      happened.push(`open ${from}`);
      try {
        yield from * 10;
        yield from * 10 + 1;
        return 'end';
      } finally {
        state.open -= 1;
      }
    };
    return { happened, state, open };
  }

  test('are given whole and in order, and never more of them are open than are allowed', async () => {
    const { open, state } = numbered();
    const read: number[] = [];
    for await (const { from, items } of opened([1, 2, 3, 4, 5, 6], { most: 3, open })) {
      for await (const item of items) read.push(item);
      expect(read.at(-1)).toBe(from * 10 + 1);
    }
    expect(read).toEqual([10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61]);
    expect(state).toEqual({ open: 0, most: 3 });
  });

  test('are so many where logs are searched, and never one more', async () => {
    const ids = Array.from({ length: openMax + 2 }, (_, index) => index + 1);
    const { open, state } = numbered();
    const mosts: number[] = [];
    for (const tasks of [ids.slice(0, openMax), ids.slice(0, openMax + 1), ids]) {
      state.most = 0;
      const client: Partial<Client> = {
        list: () => Promise.resolve(tasks.map((id) => viewOf({ id }))),
        async *log(id) {
          for await (const _ of open(Number(id))) yield* logOf([['stdout', 'an error\n']]);
          return { task: viewOf(), reason: 'complete', cursor: { stdout: 0, stderr: 0 } };
        },
      };
      expect((await ghost(['grep', '-l', 'error'], { client })).stdout).toBe(tasks.map((id) => `${id}\n`).join(''));
      mosts.push(state.most);
    }
    expect(mosts).toEqual([openMax, openMax, openMax]);
  });

  test('are opened before the one that is read has ended', async () => {
    const { open, happened } = numbered();
    for await (const { items } of opened([1, 2, 3], { most: 2, open })) {
      happened.push('read');
      for await (const item of items) if (item === 10) happened.push('first item');
    }
    expect(happened).toEqual(['open 1', 'open 2', 'read', 'first item', 'open 3', 'read', 'read']);
  });

  test('are all closed when nobody wants more', async () => {
    const { open, state } = numbered();
    for await (const { items } of opened([1, 2, 3, 4], { most: 3, open })) {
      for await (const item of items) if (item === 10) break;
      break;
    }
    expect(state.open).toBe(0);
  });

  test('fail where they are read, and nowhere else', async () => {
    const read: unknown[] = [];
    for await (const { items } of opened([1, 2, 3], {
      most: 3,
      open: (from) => (from === 2 ? failing() : logOf([])),
    })) {
      try {
        for await (const item of items) read.push(item);
        read.push('end');
      } catch (error) {
        read.push(error);
      }
    }
    expect(read).toEqual(['end', expect.objectContaining({ message: 'the segment is damaged' }), 'end']);
  });
});

async function* failing(): ReturnType<Client['log']> {
  yield* await Promise.reject<ReturnType<Client['log']>>(new GhostError('log-unreadable', 'the segment is damaged'));
  return { task: viewOf(), reason: 'complete', cursor: { stdout: 0, stderr: 0 } };
}
