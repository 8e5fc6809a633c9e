import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

/** Runs a shell script whose steps are far enough apart for their order to be seen, and waits for its end. */
async function ran(home: GhostHome, script: string): Promise<string> {
  const id = String(await home.run(['sh', '-c', script]));
  await home.ended(id);
  return id;
}

const merged = 'for i in 1 2 3; do echo out$i; sleep 0.03; echo err$i >&2; sleep 0.03; done; printf end';

test('log gives each stream its own bytes, --stdout and --stderr one of them, and -n what tail would', async () => {
  await using home = new GhostHome();
  await ran(home, merged);
  const log = async (...args: string[]) => {
    const { status, stdout, stderr } = await home.ghost(['log', ...args, '1']);
    return [status, stdout, stderr];
  };
  expect(await log()).toEqual([0, 'out1\nout2\nout3\nend', 'err1\nerr2\nerr3\n']);
  expect(await log('--stdout')).toEqual([0, 'out1\nout2\nout3\nend', '']);
  expect(await log('--stderr')).toEqual([0, '', 'err1\nerr2\nerr3\n']);
  expect(await log('--stderr', '--stdout', '-n', '3')).toEqual([0, 'out3\nend', 'err3\n']);
  expect(await log('-n', '2', '--stderr')).toEqual([0, '', 'err2\nerr3\n']);
  expect(await log('-n0')).toEqual([0, '', '']);
  expect(await log('--lines', '999')).toEqual([0, 'out1\nout2\nout3\nend', 'err1\nerr2\nerr3\n']);
});

test('log --json gives one object a line, in the order in which the lines were seen', async () => {
  await using home = new GhostHome();
  await ran(home, merged);
  const lines = (await home.ok(['log', '--json', '1']))
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
    ...[1, 2, 3].flatMap((i) => [
      ['stdout', `out${i}`],
      ['stderr', `err${i}`],
    ]),
    ['stdout', 'end'],
  ]);
  for (const line of lines) {
    expect(Object.keys(line)).toEqual(['at', 'stream', 'text']);
    expect(line['at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  const times = lines.map(({ at }) => String(at));
  expect(times).toEqual(times.toSorted());
});

test('log gives bytes, whatever they are', async () => {
  await using home = new GhostHome();
  const file = join(home.work, 'bytes');
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7 + (i >> 8)) % 256));
  writeFileSync(file, bytes);
  await home.run(['cat', file]);
  await home.ended(1);
  const child = spawn(process.execPath, [join(root, 'bin', 'ghost.cjs'), 'log', '1'], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

test('log -f shows what comes and ends with the task; with -n it begins near the end', async () => {
  await using home = new GhostHome();
  await home.run([
    'sh',
    '-c',
    'echo one; echo two; while [ ! -e gate ]; do sleep 0.02; done; echo three >&2; printf four',
  ]);
  await until('the first lines are there', async () => (await home.ok(['log', '1'])) === 'one\ntwo');
  const following = [
    home.begin(['log', '-f', '1']),
    home.begin(['log', '-f', '-n', '1', '1']),
    home.begin(['log', '-f', '--json', '1']),
  ];
  await until('all of them have the past', () => following.every((follower) => follower.stdout().includes('two')));
  writeFileSync(join(home.work, 'gate'), '');
  const [whole, last, feed] = await Promise.all(following.map(({ ended }) => ended));
  expect(whole).toEqual({ status: 0, signal: null, stdout: 'one\ntwo\nfour', stderr: 'three\n' });
  expect(last).toMatchObject({ status: 0, stdout: 'two\nfour', stderr: 'three\n' });
  const texts = feed?.stdout
    .trim()
    .split('\n')
    .map((line) => Object(JSON.parse(line)).text as unknown);
  expect(texts?.toSorted()).toEqual(['four', 'one', 'three', 'two']);
});

test('log -f of a task that is being written goes on over a killed daemon, and neither loses nor doubles a byte', async () => {
  await using home = new GhostHome();
  await home.run(['sh', '-c', 'i=0; while [ ! -e gate ]; do i=$((i+1)); echo $i; sleep 0.005; done']);
  const following = home.begin(['log', '-f', '1']);
  for (const line of ['\n10\n', '\n60\n']) {
    await until(`line ${line.trim()} was shown`, () => following.stdout().includes(line));
    await home.killDaemon();
  }
  await until('it goes on', () => following.stdout().includes('\n120\n'));
  writeFileSync(join(home.work, 'gate'), '');
  const { status, stdout } = await following.ended;
  const numbers = stdout.trim().split('\n').map(Number);
  expect(status).toBe(0);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect((await home.ghost(['log', '1'])).stdout).toBe(stdout);
});

test('the logs of several tasks are told apart, one that is not there is said, and the others are shown', async () => {
  await using home = new GhostHome();
  await ran(home, 'echo a; echo b >&2');
  await ran(home, 'printf c');
  const { status, stdout, stderr } = await home.ghost(['log', '1', '9', '2', '1']);
  expect({ status, stdout }).toEqual({ status: 3, stdout: '1 | a\n2 | c\n' });
  expect(stderr).toContain('1 | b\n');
  expect(stderr).toContain('there is no task 9');
  const feed = (await home.ok(['log', '--json', '--stdout', '1', '2']))
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(feed).toMatchObject([
    { task: 1, stream: 'stdout', text: 'a' },
    { task: 2, stream: 'stdout', text: 'c' },
  ]);
});

test('a reader that takes only the beginning ends log quietly, and the daemon serves the next', async () => {
  await using home = new GhostHome();
  await home.run(['sh', '-c', 'yes 0123456789abcdef | head -c 3000000']);
  await home.ended(1);
  const command = `"${process.execPath}" "${join(root, 'bin', 'ghost.cjs')}" log 1; echo "status $?" >&2`;
  const child = spawn('sh', ['-c', `{ ${command}; } | head -n 1`], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  expect({ stdout, stderr }).toEqual({ stdout: '0123456789abcdef\n', stderr: 'status 0\n' });
  expect((await home.ghost(['log', '1'])).stdout).toHaveLength(3_000_000);
});

test('the log of a task that never started is empty', async () => {
  await using home = new GhostHome();
  await home.ghost(['run', 'no-such-command-of-ghosts']);
  for (const args of [
    ['log', '1'],
    ['log', '-f', '1'],
    ['log', '-n', '5', '--json', '1'],
  ]) {
    expect(await home.ghost(args)).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  }
});
