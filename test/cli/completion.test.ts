import { describe, expect, test } from 'vitest';

import { commandTable, optionsOf } from '../../src/cli/command-table.ts';
import { complete } from '../../src/cli/completion/candidates.ts';
import { completionScripts } from '../../src/cli/completion/scripts.ts';
import { descriptionCharactersMax } from '../../src/cli/completion/task-candidates.ts';
import type { Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { ghost } from './fake-world.ts';

const neverLate = () => () => undefined;

/** What `ghost completion --candidates` says, by the tasks that a daemon has. */
async function candidates(words: readonly string[], tasks: readonly TaskView[] = []): Promise<readonly string[]> {
  const client: Partial<Client> = { list: () => Promise.resolve(tasks) };
  const { stdout, result, starts } = await ghost(['completion', '--candidates', '--', ...words], {
    client,
    after: neverLate,
  });
  expect(result).toBe(0);
  // Tab starts no daemon.
  expect(starts.filter(Boolean)).toEqual([]);
  return stdout.trimEnd().split('\n');
}

function task(id: number, parts: Partial<TaskView> = {}): TaskView {
  return {
    id,
    uuid: '0'.repeat(32),
    name: null,
    tags: [],
    state: 'exited',
    command: ['make', '-j4'],
    cwd: '/srv',
    pid: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    exitCode: 0,
    signal: null,
    reason: null,
    ...parts,
  };
}

const values = (lines: readonly string[]): readonly string[] =>
  lines.slice(1).map((line) => line.split('\t', 1)[0] ?? '');

describe('what can follow', () => {
  test('nothing yet: every command, with what it does', async () => {
    const lines = await candidates(['']);
    expect(lines[0]).toBe('candidates');
    for (const { name, summary } of commandTable) expect(lines).toContain(`${name}\t${summary}`);
    expect(values(await candidates(['--json', '']))).toContain('list');
    expect(values(await candidates(['-']))).toEqual(expect.arrayContaining(['--json', '--help', '-h']));
  });

  test.for(commandTable.map(({ name }) => name))('a dash after %s: all of its options', async (name) => {
    const command = commandTable.find((known) => known.name === name);
    if (command === undefined) throw new Error('it is in the table');
    const said = values(await candidates([name, '-']));
    for (const { long } of optionsOf(command)) expect(said).toContain(`--${long}`);
  });

  test.for([
    [
      ['list', '--state', ''],
      ['running', 'exited', 'failed', 'killed', 'lost'],
    ],
    [
      ['list', '-as', ''],
      ['running', 'exited', 'failed', 'killed', 'lost'],
    ],
    [
      ['list', '--state=f'],
      ['--state=running', '--state=exited', '--state=failed', '--state=killed', '--state=lost'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['list', ''], []],
    [['nothing-of-the-kind', ''], []],
    [['grep', ''], []],
    [['log', '-n', ''], []],
  ] as const)('%j: %j', async ([words, expected]) => {
    expect(values(await candidates(words))).toEqual(expected);
  });

  test.for([
    [['run', ''], 'command 1'],
    [['run', '-n', 'x', ''], 'command 3'],
    [['run', '-nx', 'npm', 'te'], 'command 2'],
    [['run', '--', 'npm', '--sil'], 'command 2'],
    [['run', '-f', '-e', 'A=B', 'npm', '-'], 'command 4'],
    [['run', '-C', ''], 'folders'],
    [['run', '--batch', ''], 'files'],
    [['export', '7', '--cast', ''], 'files'],
  ] as const)('%j is for the shell: %s', async ([words, said]) => {
    expect(await candidates(words)).toEqual([said]);
  });

  test('a task: names first, then numbers, the newest first, each with its command line', async () => {
    const tasks = [
      task(1, { name: 'web', state: 'running' }),
      task(2),
      task(3, { name: 'web', command: ['npm', 'test'] }),
    ];
    expect(await candidates(['show', ''], tasks)).toEqual([
      'candidates',
      'web\t3 exited  npm test',
      '3\texited  npm test',
      '2\texited  make -j4',
      '1\trunning  make -j4',
      '@last\t3 exited  npm test',
    ]);
    // Only what runs can be stopped.
    expect(values(await candidates(['stop', ''], tasks))).toEqual(['web', '1', '@last']);
    expect(values(await candidates(['diff', '1', ''], tasks))).toContain('2');
    expect(values(await candidates(['grep', 'x', '1', ''], tasks))).toContain('2');
    expect(values(await candidates(['show', '1', ''], tasks))).toEqual([]);
  });

  test('a tag', async () => {
    const tasks = [task(1, { tags: ['ci', 'nightly'] }), task(2, { tags: ['ci', '-odd'] })];
    expect(values(await candidates(['grep', 'x', '--tag', ''], tasks))).toEqual(['ci', 'nightly']);
  });

  test('names that cannot be typed are left out, and nothing in a description moves the cursor', async () => {
    const tasks = [
      task(1, { name: '-rf' }),
      task(2, { name: 'two\nlines' }),
      task(3, { name: 'a b', command: ['sh', '-c', `\u001b[31m\t${'x'.repeat(100)}\n`] }),
    ];
    const lines = await candidates(['show', ''], tasks);
    expect(values(lines)).toEqual(['a b', '3', '2', '1', '@last']);
    for (const line of lines) {
      expect(line.split('\t').length).toBeLessThanOrEqual(2);
      expect(line).not.toContain('\u001b');
      expect([...line].length).toBeLessThan(90);
    }
  });

  test('a command line beside a task is cut where a list of choices has no room for more', async () => {
    const described = async (word: string): Promise<string | undefined> =>
      (await candidates(['show', ''], [task(1, { command: [word] })])).find((line) => line.startsWith('1\t'));
    // Two UTF-16 units each, and quotes around them.
    const most = '👻'.repeat(descriptionCharactersMax - 2);
    expect(await described(most)).toBe(`1\texited  '${most}'`);
    expect(await described(`${most}👻`)).toBe(`1\texited  '${most}…`);
  });

  test('a daemon that does not answer, or is not there, keeps nobody waiting', async () => {
    const asked = await ghost(['completion', '--candidates', '--', 'show', ''], {
      client: { list: () => new Promise(() => undefined) },
      after: (_, call) => {
        call();
        return () => undefined;
      },
    });
    expect(asked).toMatchObject({ result: 0, stdout: 'candidates\n', stderr: '' });
    const none = await ghost(['completion', '--candidates', '--', 'show', ''], {
      after: neverLate,
      connect: () => Promise.reject(new GhostError('daemon-not-running', 'none')),
    });
    expect(none).toMatchObject({ result: 0, stdout: 'candidates\n', stderr: '' });
  });
});

test('a shell that is not known is refused with those that are', async () => {
  expect(await ghost(['completion', 'fihs'])).toMatchObject({
    result: 2,
    stderr: 'ghost: there is no completion for "fihs"; there is for bash, zsh, fish\n  try: ghost completion fish\n',
  });
  expect(await ghost(['completion', 'bash', 'zsh'])).toMatchObject({ result: 2 });
  expect(await ghost(['completion'])).toMatchObject({ result: 2 });
  expect((await ghost(['completion', 'zsh'])).stdout).toBe(completionScripts.zsh);
});

test('no words at all is like an empty one', () => {
  expect(complete([])).toEqual(complete(['']));
});
