import { describe, expect, test } from 'vitest';

import type { InterruptSignal } from '../../src/cli/command.ts';
import type { Client, RunRequest } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { LogChunk, LogEnd } from '../../src/protocol/answers.ts';
import { argumentBytesMax, requestBytesMax } from '../../src/protocol/limits.ts';
import { killedView, logOf, runningView, viewOf } from './fake-client.ts';
import { ghost, KeptOutput, type WorldParts } from './fake-world.ts';

/** The request that `ghost run ARGV` makes. */
async function requestOf(argv: readonly string[], parts: WorldParts = {}): Promise<RunRequest> {
  const requests: RunRequest[] = [];
  const run: Client['run'] = (request) => {
    requests.push(request);
    return Promise.resolve(runningView());
  };
  const said = await ghost(['run', ...argv], { ...parts, client: { run } });
  expect(said).toMatchObject({ result: 0, stdout: '42\n', stderr: '', starts: [true] });
  expect(requests).toHaveLength(1);
  return requests[0] ?? { command: [] };
}

describe('what is asked for', () => {
  test('the words of the command, byte for byte, in the current folder and environment', async () => {
    const words = ['printf', '', '%s\n', '--json', '--', "it's", '\u0001', '\ufffd', '日本語 👍'];
    expect(await requestOf(words)).toEqual({ command: words, cwd: '/srv/app', tags: [] });
  });

  test('name, folder, tags and timeout', async () => {
    expect(
      await requestOf(['-n', 'web', '-C', '../x', '-t', 'a', '--tag=b', '--timeout', '1h30m', 'npm', 'start']),
    ).toEqual({
      command: ['npm', 'start'],
      cwd: '/srv/x',
      name: 'web',
      tags: ['a', 'b'],
      timeoutMs: 5_400_000,
    });
  });

  test('a variable is set besides those of the caller, of which raw bytes stay raw', async () => {
    const raw = Uint8Array.of(0xff);
    const callerEnvironment = () =>
      [
        ['PATH', '/bin'],
        ['A', 'old'],
        ['RAW', raw],
      ] as const;
    expect(await requestOf(['-e', 'A=new', '-e', 'EMPTY=', '-eX=1=2', 'env'], { callerEnvironment })).toMatchObject({
      environment: [
        ['PATH', '/bin'],
        ['A', 'new'],
        ['RAW', raw],
        ['EMPTY', ''],
        ['X', '1=2'],
      ],
    });
  });

  test.for([
    [{ SHELL: '/bin/zsh' }, '/bin/zsh'],
    [{ SHELL: '' }, '/bin/sh'],
    [{}, '/bin/sh'],
  ] as const)('with %j a script is run by %s', async ([environment, shell]) => {
    expect(await requestOf(['-c', 'echo "$HOME" | wc -c'], { environment })).toMatchObject({
      command: [shell, '-c', 'echo "$HOME" | wc -c'],
    });
  });

  test('an absolute folder does not need the current one, which may be gone', async () => {
    const cwd = (): never => {
      throw new Error('ENOENT: uv_cwd');
    };
    expect(await requestOf(['-C', '/tmp/x/..', 'ls'], { cwd })).toMatchObject({ cwd: '/tmp' });
    const said = await ghost(['run', 'ls'], { cwd });
    expect(said).toMatchObject({ result: 1, starts: [] });
    expect(said.stderr).toContain('the current folder is gone');
  });
});

describe('what is refused before a daemon is needed', () => {
  const long = 'x'.repeat(argumentBytesMax);
  test.for([
    [[], 2, 'run needs a command', 'ghost run sleep 60'],
    [['--'], 2, 'run needs a command', 'ghost run sleep 60'],
    [[''], 2, 'the command is an empty word', 'ghost run sleep 60'],
    [['-c', ''], 2, 'the script is empty', "ghost run -c 'echo hello'"],
    [
      ['-c', 'echo', 'a b'],
      2,
      '--shell takes the whole script as one word; "a b" is too much',
      "ghost run -c 'echo a b'",
    ],
    [['-e', 'FOO', 'ls'], 2, '"FOO" sets no variable: it has no =', '--env FOO=VALUE'],
    [['-e', '=x', 'ls'], 2, '"=x" sets no variable: it has no name', '--env NAME=VALUE'],
    [['--timeout', '5', 'ls'], 2, 'the duration "5" has no unit; did you mean 5s?', '5s'],
    [['--cwd=', 'ls'], 2, '--cwd needs a folder', 'ghost run --cwd . COMMAND'],
    [['echo', long], 1, 'word 2 of the command is 128.0 KiB long; the kernel takes at most 128.0 KiB in one', null],
    [
      ['echo', ...Array.from({ length: 32 }, () => long.slice(0, 65_535))],
      1,
      'the command line is 2.0 MiB long; ghost takes at most 1.0 MiB',
      null,
    ],
  ] as const)('ghost run, case %#', async ([argv, status, message, hint]) => {
    const said = await ghost(['run', ...argv]);
    expect(said).toMatchObject({ result: status, stdout: '', starts: [] });
    expect(said.stderr).toBe(
      `ghost: ${message}\n  try: ${hint ?? 'put it into a file, and let the command read that'}\n`,
    );
  });

  test('what is just below the limits is asked for', async () => {
    const word = 'x'.repeat(argumentBytesMax - 1);
    const command = ['echo', ...Array.from({ length: 7 }, () => word)];
    expect((await requestOf(command)).command).toEqual(command);
    expect(requestBytesMax).toBe(8 * argumentBytesMax);
  });

  test('a word that is not valid UTF-8 is named by its place, and a genuine U+FFFD passes', async () => {
    const rawArguments = () => ['node', 'ghost', 'run', 'echo', 'a\ufffd'].map((word) => Buffer.from(word));
    expect((await requestOf(['echo', 'a\ufffd'], { rawArguments })).command).toEqual(['echo', 'a\ufffd']);
    const broken = () => [...rawArguments().slice(0, 4), Uint8Array.of(0x61, 0xff)];
    const said = await ghost(['run', 'echo', 'a\ufffd'], { rawArguments: broken });
    expect(said).toMatchObject({ result: 1, starts: [] });
    expect(said.stderr).toContain('word 3 after "ghost" is not valid UTF-8');
  });
});

test('--json gives the task as one object, on one line for a pipe and indented on a terminal', async () => {
  const run = () => Promise.resolve(runningView());
  const said = await ghost(['run', '--json', 'sleep', '2'], { client: { run } });
  expect(said.stdout).toBe(`${JSON.stringify(runningView())}\n`);
  const shown = await ghost(['run', '--json', 'sleep', '2'], {
    client: { run },
    stdout: new KeptOutput({ columns: 80 }),
  });
  expect(shown.stdout).toBe(`${JSON.stringify(runningView(), null, 2)}\n`);
});

test.for([
  ['command-not-found', 127],
  ['command-not-executable', 126],
  ['cwd-not-usable', 1],
  ['no-such-task', 3],
  ['daemon-start-failed', 4],
  ['invalid-request', 2],
] as const)('a refusal with %s ends with %d and prints no number', async ([code, status]) => {
  const run = () => Promise.reject(new GhostError(code, 'no "x\u001b"', { hint: 'type y' }));
  const said = await ghost(['run', 'x'], { client: { run } });
  expect(said).toMatchObject({ result: status, stdout: '', stderr: 'ghost: no "x\\e"\n  try: type y\n' });
});

test('an unexpected error is one sentence, and its stack is shown only for GHOST_DEBUG=1', async () => {
  const run = () => Promise.reject(new TypeError('x is no function'));
  const said = await ghost(['run', 'x'], { client: { run } });
  expect(said).toMatchObject({ result: 1, stderr: 'ghost: something unexpected went wrong: x is no function\n' });
  const debugged = await ghost(['run', 'x'], { client: { run }, environment: { GHOST_DEBUG: '1' } });
  expect(debugged.stderr).toContain('    at ');
});

describe('run --follow', () => {
  const run = () => Promise.resolve(runningView());

  test.for([
    [viewOf({ exitCode: 0 }), 0],
    [viewOf({ state: 'failed', exitCode: 3 }), 3],
    [killedView(), 143],
    [killedView({ signal: 'SIGKILL' }), 137],
    [killedView({ signal: 'SIGRTMIN+2' }), 164],
    [viewOf({ state: 'lost', exitCode: null, reason: 'the machine was started anew' }), 1],
  ] as const)('gives the output and then the status of the task (case %#)', async ([task, status]) => {
    const log = () =>
      logOf(
        [
          ['stdout', 'out'],
          ['stderr', 'err\n'],
        ],
        { task },
      );
    const said = await ghost(['run', '-f', 'x'], { client: { run, log } });
    expect(said).toMatchObject({ result: status, stdout: 'out' });
    expect(said.stderr).toBe(task.reason === null ? 'err\n' : `err\ntask 42 is lost: ${task.reason}\n`);
  });

  test('says the number on stderr only where that is a terminal', async () => {
    const log = () => logOf([]);
    const said = await ghost(['run', '-f', 'x'], {
      client: { run, log },
      stderr: new KeptOutput({ columns: 80 }),
      environment: { NO_COLOR: '1' },
    });
    expect(said).toMatchObject({ stdout: '', stderr: 'task 42\n' });
  });

  test('with --json gives the task and then its lines, an object a line', async () => {
    const log = () =>
      logOf([
        ['stdout', 'a\nb'],
        ['stderr', 'c\n'],
      ]);
    const { stdout, stderr } = await ghost(['run', '-f', '--json', 'x'], {
      client: { run, log },
      stdout: new KeptOutput({ columns: 80 }),
    });
    const objects: unknown[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects).toMatchObject([{ id: 42, state: 'running' }, { text: 'a' }, { text: 'c' }, { text: 'b' }]);
    expect(stderr).toBe('');
  });

  test('tells of processes that hold the output open', async () => {
    const said = await ghost(['run', '-f', 'x'], { client: { run, log: () => logOf([], { reason: 'ended' }) } });
    expect(said).toMatchObject({ result: 0, stdout: '' });
    expect(said.stderr).toContain('task 42 has ended, but processes that it left behind hold its output open');
  });

  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s leaves the task running, says so, and ends with %d', async ([signal, status]) => {
    let interrupt: (signal: InterruptSignal) => void = () => {};
    async function* silent(): AsyncGenerator<LogChunk, LogEnd, void> {
      yield* logOf([['stdout', 'begun\n']]);
      interrupt(signal);
      return await new Promise<never>(() => {});
    }
    const said = await ghost(['run', '-f', 'x'], {
      client: { run, log: silent },
      onSignal: (listener) => {
        interrupt = listener;
      },
    });
    expect(said).toMatchObject({
      result: status,
      stdout: 'begun\n',
      stderr: 'task 42 goes on; see it with: ghost log -f 42, stop it with: ghost stop 42\n',
    });
  });

  test('a signal before the answer does not claim to know whether the task was started', async () => {
    const said = await ghost(['run', '-f', 'x'], {
      client: { run: () => new Promise(() => {}) },
      onSignal: (listener) => listener('SIGINT'),
    });
    expect(said).toMatchObject({ result: 130, stdout: '' });
    expect(said.stderr).toContain('ghost list');
  });

  test('a reader that has gone ends it as SIGPIPE would have, since the end of the task is not known', async () => {
    const log = () =>
      logOf([
        ['stdout', 'a\n'],
        ['stdout', 'b\n'],
        ['stdout', 'c\n'],
      ]);
    const said = await ghost(['run', '-f', 'x'], { client: { run, log }, stdout: new KeptOutput({ bytesMax: 4 }) });
    expect(said).toMatchObject({ result: 141, stdout: 'a\nb\n', stderr: '' });
  });
});
