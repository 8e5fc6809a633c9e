import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { tagsMax } from '../../src/protocol/limits.ts';
import { daemonsOf } from '../support/daemons.ts';
import { GhostHome } from '../support/ghost-home.ts';

/** What was typed, the exit status, what happened, and what to type next. */
type Refusal = readonly [words: readonly string[], status: number, said: unknown, next: unknown];

const wrongUse: readonly Refusal[] = [
  [['stpo'], 2, 'unknown command "stpo"', 'ghost stop'],
  [['list', '--jsno'], 2, 'list has no option --jsno', '--json (all of them: ghost list --help)'],
  [['run', '--cdw', '.', 'true'], 2, 'run has no option --cdw', '--cwd (all of them: ghost run --help)'],
  [['run'], 2, 'run needs a command', 'ghost run sleep 60'],
  [['run', ''], 2, 'the command is an empty word', 'ghost run sleep 60'],
  [['run', '--', ''], 2, 'the command is an empty word', 'ghost run sleep 60'],
  [['run', '-c', ''], 2, 'the script is empty', "ghost run -c 'echo hello'"],
  [['run', '-e', 'NOVALUE', 'true'], 2, '"NOVALUE" sets no variable: it has no =', '--env NOVALUE=VALUE'],
  [['run', '-e', '=value', 'true'], 2, '"=value" sets no variable: it has no name', '--env NAME=VALUE'],
  [['run', '--timeout', '5x', 'true'], 2, '"5x" is no duration', '500ms, 90s, 5m, 1h30m or 2d'],
  [['stop', '--grace', '10', '1'], 2, 'the duration "10" has no unit; did you mean 10s?', '10s'],
  [['kill', '-s', 'TREM', '1'], 2, 'there is no signal "TREM"', 'ghost kill --signal TERM ID'],
  [
    ['list', '--state', 'runing'],
    2,
    expect.stringMatching(/^there is no state "runing"; there are running, /),
    'ghost list --state running',
  ],
  [['log', '-n', 'ten', '1'], 2, '"ten" is no number of lines', 'ghost log --lines 10 ID'],
  [['stop'], 2, 'stop needs the ID of a task or of several', 'ghost list'],
];

const noSuchTask: readonly Refusal[] = [
  [['show', '99'], 3, 'there is no task 99', 'ghost list --all'],
  [['log', 'nobody'], 3, 'there is no task nobody', 'ghost list --all'],
  [['stop', 'abcd'], 3, 'there is no task abcd', 'ghost list --all'],
  [['wait', '@last'], 3, 'there is no task yet', 'ghost run COMMAND'],
];

/** These are refused by the daemon, before there is a task. */
const refusedRequests: readonly Refusal[] = [
  [
    ['run', '-n', '', 'true'],
    2,
    expect.stringMatching(/^a name must have 1 to 128 characters and no control characters, not ""$/),
    'ghost run --help',
  ],
  [
    ['run', '-t', 'two words', 'true'],
    2,
    expect.stringMatching(
      /^a tag must have 1 to 64 characters, no white space and no control characters, not "two words"$/,
    ),
    'ghost run --help',
  ],
  [
    ['tag', '1', ...Array.from({ length: tagsMax + 1 }, (_, place) => `+t${place}`)],
    2,
    'the list of tags must have at most 32 tags',
    'ghost tag --help',
  ],
  [
    ['redact', '1', '--env', 'A=B'],
    2,
    'the variable must be a name that is not empty and has no "=" and no NUL, not "A=B"',
    'ghost redact --help',
  ],
  [
    ['run', 'echo', ...Array.from({ length: 12 }, () => 'x'.repeat(100 * 1024))],
    1,
    expect.stringMatching(/^the command line is 1\.2 MiB long; ghost takes at most 1\.0 MiB$/),
    expect.stringMatching(/file/),
  ],
];

/** These are refused as well, and the refusal is in the journal: the task was asked for, and never ran. */
const refusedTasks: readonly Refusal[] = [
  [
    ['run', '-C', 'gone', 'true'],
    1,
    expect.stringMatching(/^the folder \S+\/work\/gone is not there$/),
    expect.stringMatching(/ghost run -C DIR COMMAND$/),
  ],
  [
    ['run', '-C', 'file', 'true'],
    1,
    expect.stringMatching(/^the folder \S+\/work\/file is not a folder$/),
    expect.stringMatching(/ghost run -C DIR COMMAND$/),
  ],
  [['run', 'no-such-command'], 127, 'no-such-command: command not found', expect.stringMatching(/PATH/)],
  [['run', './no-such-file'], 127, './no-such-file: command not found', expect.stringMatching(/PATH/)],
  [['run', './file'], 126, './file: permission denied (is it executable?)', expect.stringMatching(/chmod \+x FILE/)],
  [['run', './folder'], 126, './folder: is a folder', expect.stringMatching(/chmod \+x FILE/)],
  [
    ['run', './orphan'],
    126,
    './orphan: its interpreter /no/such/interpreter is not there or cannot be executed',
    expect.stringMatching(/ghost run sh FILE/),
  ],
];

describe('what is typed wrongly', () => {
  test('gets one sentence and what to type next, and nothing is started for it', async () => {
    await using home = new GhostHome();
    expect(await answersTo(home, wrongUse)).toEqual(wrongUse);
    expect(daemonsOf(home)).toEqual([]);
  });

  test('a task that is not there is told so, by whatever name it is called', async () => {
    await using home = new GhostHome();
    expect(await answersTo(home, noSuchTask)).toEqual(noSuchTask);
    expect(home.events().filter(({ task }) => task !== null)).toEqual([]);
  });

  test('a request that can be no task leaves none', async () => {
    await using home = new GhostHome();
    expect(await answersTo(home, refusedRequests)).toEqual(refusedRequests);
    expect(await home.run(['true'])).toBe(1);
    expect(home.events({ type: 'TaskSubmitted' })).toHaveLength(1);
  });

  test('a command that cannot be started is refused at once, and the refusal is kept', async () => {
    await using home = new GhostHome();
    mkdirSync(join(home.work, 'folder'));
    writeFileSync(join(home.work, 'file'), 'no program\n');
    writeFileSync(join(home.work, 'orphan'), '#!/no/such/interpreter\n');
    chmodSync(join(home.work, 'orphan'), 0o755);
    expect(await answersTo(home, refusedTasks)).toEqual(refusedTasks);
    const tasks = JSON.parse(await home.ok(['list', '--all', '--json'])) as readonly unknown[];
    expect(tasks).toMatchObject(
      refusedTasks.map(() => ({ state: 'failed', exitCode: null, pid: null, startedAt: null })),
    );
    expect(home.events({ type: 'TaskStartFailed' })).toHaveLength(refusedTasks.length);
    expect(home.events({ type: 'TaskSpawned' })).toEqual([]);
  });

  test('arguments that fill all that the kernel takes are refused before they are sent', async () => {
    await using home = new GhostHome();
    const many = Array.from({ length: 20 }, () => 'y'.repeat(100_000));
    const { status, stderr } = await home.ghost(['run', 'echo', ...many]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        'ghost: the command line is 1.9 MiB long; ghost takes at most 1.0 MiB\n  try: put it into a file, and let the command read that\n',
    });
    expect(daemonsOf(home)).toEqual([]);
  });
});

/** What ghost says to each, in the house style: no capital in front, no full stop behind. */
async function answersTo(home: GhostHome, refusals: readonly Refusal[]): Promise<readonly Refusal[]> {
  const answers: Refusal[] = [];
  for (const [words] of refusals) {
    const { status, stdout, stderr } = await home.ghost(words);
    const [, said = stderr, next = ''] = /^ghost: ([^A-Z].*[^.])\n {2}try: (.*)\n$/.exec(stdout + stderr) ?? [];
    answers.push([words, status ?? -1, said, next]);
  }
  return answers;
}
