import { describe, expect, test } from 'vitest';

import { batchUnderWayMax } from '../../src/cli/batch.ts';
import type { InterruptSignal } from '../../src/cli/command.ts';
import type { Output } from '../../src/cli/output.ts';
import type { Client, RunRequest } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import { argumentBytesMax } from '../../src/protocol/limits.ts';
import { runningView } from './fake-client.ts';
import { ghost, KeptOutput, type WorldParts } from './fake-world.ts';

/** Runs `ghost run ARGV --batch FILE` with that file, and a client that starts everything. */
async function batch(file: string | readonly string[], argv: readonly string[] = [], parts: WorldParts = {}) {
  const requests: RunRequest[] = [];
  const run: Client['run'] = (request) => {
    requests.push(request);
    return Promise.resolve(runningView({ id: requests.length, command: request.command }));
  };
  const said = await ghost(['run', ...argv, '--batch', 'jobs'], {
    openInput: (name) => bytesOf(name === 'jobs' ? file : ''),
    ...parts,
    client: { run, ...parts.client },
  });
  return { ...said, requests };
}

async function* bytesOf(file: string | readonly string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const chunk of [file].flat()) yield Buffer.from(chunk);
}

function linesOf(...tasks: readonly unknown[]): string {
  return tasks.map((task) => `${JSON.stringify(task)}\n`).join('');
}

describe('each line', () => {
  test('is a task with its command, folder, variables, name and tags', async () => {
    const { requests, ...said } = await batch(
      linesOf(
        { command: ['printf', '', '日本 👍'], cwd: 'x', env: { A: '1', PATH: '/usr/bin' }, name: 'n', tags: ['t'] },
        { command: ['true'], cwd: null, env: null, name: null, tags: null },
      ),
    );
    expect(said).toMatchObject({ result: 0, stdout: '1\n2\n', stderr: '', starts: [true] });
    expect(requests).toEqual([
      {
        command: ['printf', '', '日本 👍'],
        cwd: '/srv/app/x',
        environment: [
          ['PATH', '/usr/bin'],
          ['A', '1'],
        ],
        name: 'n',
        tags: ['t'],
      },
      { command: ['true'], cwd: '/srv/app', environment: [['PATH', '/bin']], tags: [] },
    ]);
  });

  test('has what the options say for all, and on top what it says itself', async () => {
    const { requests } = await batch(
      linesOf({ command: ['a'] }, { command: ['b'], cwd: 'sub', env: { A: 'own' }, name: 'own', tags: ['one', 'two'] }),
      ['-n', 'all', '-C', '/base', '-e', 'A=all', '-t', 'one', '--timeout', '5s'],
    );
    expect(requests).toMatchObject([
      {
        cwd: '/base',
        environment: [
          ['PATH', '/bin'],
          ['A', 'all'],
        ],
        name: 'all',
        tags: ['one'],
        timeoutMs: 5000,
      },
      {
        cwd: '/base/sub',
        environment: [
          ['PATH', '/bin'],
          ['A', 'own'],
        ],
        name: 'own',
        tags: ['one', 'two'],
      },
    ]);
  });

  test.for([
    ['-c before', ['-c']],
    ['--shell and more options before', ['--shell', '-t', 'x']],
  ] as const)('is with %s it a line of shell', async ([, argv]) => {
    const { requests, stdout } = await batch('echo "a b"; exit 3\n{"command":["x"]}', argv, {
      environment: { SHELL: '/bin/zsh' },
    });
    expect(stdout).toBe('1\n2\n');
    expect(requests.map(({ command }) => command)).toEqual([
      ['/bin/zsh', '-c', 'echo "a b"; exit 3'],
      ['/bin/zsh', '-c', '{"command":["x"]}'],
    ]);
  });

  test('may be with -c after --batch a line of shell', async () => {
    const requests: RunRequest[] = [];
    const run: Client['run'] = (request) => {
      requests.push(request);
      return Promise.resolve(runningView());
    };
    await ghost(['run', '--batch', '-', '-c'], { openInput: () => bytesOf('true'), client: { run } });
    expect(requests).toMatchObject([{ command: ['/bin/sh', '-c', 'true'] }]);
  });
});

describe('a wrong line', () => {
  test.for([
    ['nonsense', 'it is no JSON; a line is'],
    ['["true"]', 'it is no JSON object'],
    ['null', 'it is no JSON object'],
    ['{}', '"command" must be a list of words'],
    ['{"command":"true"}', '"command" must be a list of words'],
    ['{"command":[]}', '"command" must be a list of words'],
    ['{"command":[""]}', '"command" must be a list of words'],
    ['{"command":["a",1]}', '"command" must be a list of words'],
    ['{"comand":["true"]}', '"comand" is no field of a task; did you mean "command"?'],
    ['{"command":["true"],"zzz":1}', 'it may have command, cwd, env, name, tags'],
    ['{"command":["true"],"cwd":7}', '"cwd" must be text'],
    ['{"command":["true"],"name":""}', '"name" must be text that is not empty'],
    ['{"command":["true"],"env":["A=1"]}', '"env" must be an object'],
    ['{"command":["true"],"env":{"A":1}}', '"env" must have text for A'],
    ['{"command":["true"],"tags":"t"}', '"tags" must be a list of texts'],
  ] as const)('%s is refused by its number, and the others are started', async ([line, why]) => {
    const good = linesOf({ command: ['true'] });
    const { result, stdout, stderr, requests } = await batch(`${good}\n${line}\n${good}`);
    expect(result).toBe(1);
    expect(stdout).toBe('1\n2\n');
    expect(stderr).toMatch(/^ghost: line 3: .*\n$/);
    expect(stderr).toContain(why);
    expect(requests).toHaveLength(2);
  });

  test('is one with a word that is longer than the kernel takes', async () => {
    const { result, stderr, requests } = await batch(linesOf({ command: ['true', 'x'.repeat(argumentBytesMax)] }));
    expect(result).toBe(1);
    expect(stderr).toMatch(/^ghost: line 1: word 2 of the command is 128.0 KiB long/);
    expect(requests).toEqual([]);
  });

  test('is one that the daemon refuses as well', async () => {
    const run: Client['run'] = ({ command }) =>
      command[0] === 'nothing'
        ? Promise.reject(new GhostError('command-not-found', 'nothing: not found', { task: 2 }))
        : Promise.resolve(runningView({ id: 1 }));
    const { result, stdout, stderr } = await batch(linesOf({ command: ['nothing'] }, { command: ['true'] }), [], {
      client: { run },
    });
    expect({ result, stdout, stderr }).toEqual({
      result: 1,
      stdout: '1\n',
      stderr: 'ghost: line 1: nothing: not found\n',
    });
  });

  test('is an object with its error in JSON, where each line gives one', async () => {
    const { stdout } = await batch(linesOf({ command: ['true'] }, 7), ['--json']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      { line: 1, task: runningView({ id: 1, command: ['true'] }) },
      { line: 2, error: expect.objectContaining({ code: 'invalid-request', hint: null }) },
    ]);
  });
});

describe('many lines', () => {
  /** A client whose answers come when the test says so. */
  function slowClient() {
    const waiting: (() => void)[] = [];
    const run: Client['run'] = async () => {
      const id = waiting.length + 1;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return runningView({ id });
    };
    return { run, waiting };
  }

  test('give their numbers in the order of the lines, whichever is started first', async () => {
    const { run, waiting } = slowClient();
    const stdout = new KeptOutput();
    const said = batch(linesOf(...Array.from({ length: 3 }, () => ({ command: ['true'] }))), [], {
      client: { run },
      stdout,
    });
    await expect.poll(() => waiting.length).toBe(3);
    waiting[2]?.();
    waiting[1]?.();
    await new Promise(setImmediate);
    expect(stdout.text).toBe('');
    waiting[0]?.();
    expect((await said).stdout).toBe('1\n2\n3\n');
  });

  test('are read no faster than tasks are started', async () => {
    const { run, waiting } = slowClient();
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      for (;;) {
        read += 1;
        yield Buffer.from('true\n');
      }
    }
    let interrupt: (signal: InterruptSignal) => void = () => undefined;
    const stdout = new KeptOutput();
    const said = batch('', ['-c'], {
      client: { run },
      openInput: endless,
      stdout,
      onSignal: (listener) => (interrupt = listener),
    });
    await expect.poll(() => waiting.length).toBe(batchUnderWayMax);
    waiting[0]?.();
    await expect.poll(() => waiting.length).toBe(batchUnderWayMax + 1);
    await new Promise(setImmediate);
    expect({ read, requested: waiting.length, told: stdout.text }).toEqual({
      read: batchUnderWayMax + 1,
      requested: batchUnderWayMax + 1,
      told: '1\n',
    });
    interrupt('SIGINT');
    for (const answer of waiting) answer();
    await said;
  });

  test('are told while the next one is waited for', async () => {
    async function* slow(): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from('true\n');
      await expect.poll(() => stdout.text).toBe('1\n');
    }
    const stdout = new KeptOutput();
    expect(await batch('', ['-c'], { openInput: slow, stdout })).toMatchObject({ result: 0 });
  });

  test('stop at a signal: what is under way is told, and how many there were', async () => {
    const { run, waiting } = slowClient();
    async function* blocked(): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from('true\ntrue\n');
      await new Promise(() => undefined);
    }
    let interrupt: (signal: InterruptSignal) => void = () => undefined;
    const said = batch('', ['-c'], {
      client: { run },
      openInput: blocked,
      onSignal: (listener) => (interrupt = listener),
    });
    await expect.poll(() => waiting.length).toBe(2);
    interrupt('SIGINT');
    for (const answer of waiting) answer();
    expect(await said).toMatchObject({
      result: 130,
      stdout: '1\n2\n',
      stderr: 'interrupted: 2 tasks were started and go on, nothing more is started; see them with: ghost list\n',
    });
  });

  test('end at the second signal although an answer is still waited for', async () => {
    const { run, waiting } = slowClient();
    let interrupt: (signal: InterruptSignal) => void = () => undefined;
    const said = batch('true\ntrue', ['-c'], { client: { run }, onSignal: (listener) => (interrupt = listener) });
    await expect.poll(() => waiting.length).toBe(2);
    interrupt('SIGTERM');
    interrupt('SIGTERM');
    expect(await said).toMatchObject({ result: 143, stdout: '' });
  });

  test('are not waited for at a signal that comes while the daemon is still being started', async () => {
    let interrupt: (signal: InterruptSignal) => void = () => undefined;
    const connecting = Promise.withResolvers<void>();
    const said = batch('true\ntrue', ['-c'], {
      connect: () => {
        connecting.resolve();
        return new Promise(() => undefined);
      },
      onSignal: (listener) => (interrupt = listener),
    });
    await connecting.promise;
    interrupt('SIGINT');
    expect(await said).toEqual({
      result: 130,
      stdout: '',
      stderr: 'interrupted: nothing more is started; see what runs with: ghost list\n',
      stdoutBytes: Buffer.alloc(0),
      starts: [],
      requests: [],
    });
  });

  test('stop where the numbers can be kept nowhere, and say so, however many there are', async () => {
    const stdout: Output = {
      isTerminal: false,
      columns: null,
      closed: false,
      write: () => Promise.reject(new GhostError('internal', 'the output could not be written: ENOSPC')),
    };
    const lines = 100;
    expect(lines).toBeGreaterThan(batchUnderWayMax);
    const { result, stderr, requests } = await batch('true\n'.repeat(lines), ['-c'], { stdout });
    expect({ result, stderr }).toEqual({ result: 1, stderr: 'ghost: the output could not be written: ENOSPC\n' });
    expect(requests.length).toBeLessThan(lines);
  });

  test('stop where the daemon cannot be reached, after what was started has been told', async () => {
    let asked = 0;
    const run: Client['run'] = () => {
      asked += 1;
      if (asked === 1) return Promise.resolve(runningView({ id: 1 }));
      return Promise.reject(new GhostError('daemon-unreachable', 'the daemon is gone', { hint: 'look' }));
    };
    expect(await batch('a\nb\nc\nd', ['-c'], { client: { run } })).toMatchObject({
      result: 4,
      stdout: '1\n',
      stderr: 'ghost: the daemon is gone\n  try: look\n',
    });
  });

  test('stop where nobody reads the numbers any more', async () => {
    const stdout = new KeptOutput({ bytesMax: 2 });
    const { result, requests } = await batch('true\n'.repeat(200).match(/.{5}/gs) ?? [], ['-c'], { stdout });
    expect(result).toBe(128 + 13);
    expect(requests.length).toBeLessThan(200);
  });
});

test('progress is drawn on a terminal, where the numbers go elsewhere, and taken away at the end', async () => {
  const stderr = new KeptOutput({ columns: 80 });
  let clock = 0;
  const now = () => (clock += 100);
  await batch('true\n\ntrue\n', ['-c'], { stderr, environment: { NO_COLOR: '1' }, now });
  expect(stderr.text).toBe('\r1 started\u001b[K\r2 started\u001b[K\r\u001b[K');
  const quiet = new KeptOutput({ columns: 80 });
  await batch('true\ntrue\n', ['-c'], { stderr: quiet, stdout: new KeptOutput({ columns: 80 }), now });
  expect(quiet.text).toBe('');
});

test.for([
  [['-f'], '--follow shows the output of one task'],
  [['--shell=echo'], 'the scripts are the lines of the file'],
] as const)('%s goes with no batch', async ([argv, why]) => {
  const { result, stderr } = await batch('', argv);
  expect(result).toBe(2);
  expect(stderr).toContain(why);
});

test('a command beside --batch is refused, and -c alone needs its script', async () => {
  expect(await ghost(['run', '--batch', 'jobs', 'sleep', '1'])).toMatchObject({
    result: 2,
    stderr: expect.stringContaining('"sleep" is too much'),
  });
  expect(await ghost(['run', '-c', '-t', 'x'])).toMatchObject({
    result: 2,
    stderr: expect.stringContaining('--shell needs a value'),
  });
});

test('a file that cannot be read is named as what it is', async () => {
  const openInput = () => {
    async function* unreadable(): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from('');
      throw new Error("ENOENT: no such file or directory, open 'jobs'");
    }
    return unreadable();
  };
  expect(await batch('', [], { openInput })).toMatchObject({
    result: 2,
    stderr: expect.stringContaining("the batch cannot be read: ENOENT: no such file or directory, open 'jobs'"),
  });
});
