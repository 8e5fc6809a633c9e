import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

/** What only the real program shows: the built command line, real signals, real pipes, a real daemon. */

test.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s leaves a followed task running, also in the command that started the daemon',
  async ([signal, status]) => {
    await using home = new GhostHome();
    const following = home.begin(['run', '-f', '-c', 'echo begun; exec sleep 1000']);
    await until('the output of the task', () => following.stdout() === 'begun\n');
    following.child.kill(signal);
    expect(await following.ended).toEqual({
      status,
      signal: null,
      stdout: 'begun\n',
      stderr: 'task 1 goes on; see it with: ghost log -f 1, stop it with: ghost stop 1\n',
    });
    expect(await home.task(1)).toMatchObject({ id: 1, state: 'running' });
  },
);

test('run --follow gives stdout, stderr and the exit status of the task', async () => {
  await using home = new GhostHome();
  expect(await home.ghost(['run', '-f', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
    status: 7,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('a log into a pipe that nobody reads any more ends quietly', async () => {
  await using home = new GhostHome();
  await home.run(['-c', 'yes | head -c 3000000']);
  await home.ended(1);
  const printing = home.begin(['log', '1']);
  const { stdout } = printing.child;
  if (stdout === null) throw new Error('the command has no stdout');
  await once(stdout, 'data');
  stdout.destroy();
  expect(await printing.ended).toMatchObject({ status: 0, signal: null, stderr: '' });
});

test('a megabyte of any bytes comes through a pipe whole before the process ends', async () => {
  await using home = new GhostHome();
  await home.run(['-c', 'head -c 1000000 /dev/urandom | tee copy']);
  await home.ended(1);
  const printed = execFileSync(
    'sh',
    ['-c', '"$0" "$1" log 1 | cmp - copy && echo same', process.execPath, join(root, 'bin', 'ghost.cjs')],
    {
      cwd: home.work,
      env: home.env,
    },
  );
  expect(printed.toString()).toBe('same\n');
});

test('an answer that cannot be written is a failure', async () => {
  await using home = new GhostHome();
  const ghost = join(root, 'bin', 'ghost.cjs');
  const script = '"$0" "$1" help > /dev/full; echo $?';
  expect(execFileSync('sh', ['-c', script, process.execPath, ghost], { env: home.env, stdio: 'pipe' }).toString()).toBe(
    '1\n',
  );
});

test('words reach the program byte for byte, and what is not UTF-8 is refused and starts nothing', async () => {
  await using home = new GhostHome();
  const words = ['', 'a b', 'x\ny', "it's", '"', '$HOME', '日本語', '\ufffd', '--help', '-'];
  expect(await home.ok(['run', '-f', 'printf', '%s|', ...words])).toBe(words.map((word) => `${word}|`).join(''));
  const script = `"$0" "$1" run echo "$(printf 'caf\\351')" 2>&1; echo $?`;
  const refused = execFileSync('sh', ['-c', script, process.execPath, join(root, 'bin', 'ghost.cjs')], {
    env: home.env,
  });
  expect(refused.toString()).toMatch(/^ghost: word 3 after "ghost" is not valid UTF-8, .*\n {2}try: .*\n1\n$/);
  expect(JSON.parse(await home.ok(['list', '--json']))).toHaveLength(1);
});

test('status and shutdown start no daemon', async () => {
  await using home = new GhostHome();
  expect(await home.ghost(['status'])).toMatchObject({ status: 3, stdout: '' });
  expect(await home.ghost(['status', '--json'])).toMatchObject({ status: 3, stdout: '{"running":false}\n' });
  expect(await home.ghost(['shutdown'])).toMatchObject({ status: 0, stdout: '' });
  expect(home.daemonPid()).toBeNull();
});

test('the daemon runs in the foreground until SIGTERM, and status then tells of it', async () => {
  await using home = new GhostHome();
  const daemon = home.begin(['daemon']);
  await until('the daemon answers', async () => (await home.ghost(['status'])).status === 0);
  expect(JSON.parse(await home.ok(['status', '--json']))).toMatchObject({
    running: true,
    pid: daemon.child.pid,
    tasksTotal: 0,
  });
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ status: 0, signal: null, stdout: '' });
  expect((await home.ghost(['status'])).status).toBe(3);
});
