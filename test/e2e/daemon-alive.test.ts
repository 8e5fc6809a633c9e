import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { daemonsOf, standingOf } from '../support/daemons.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { TestTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const ghost = `${process.execPath} ${join(root, 'bin', 'ghost.cjs')}`;

describe('a daemon that is alive', () => {
  test('is not pushed aside by a second one, which names it and goes', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const pid = home.daemonPid();
    const socket = statSync(join(home.path, 'ghost.sock')).ino;
    expect(await home.ghost(['daemon'])).toEqual({
      status: 1,
      signal: null,
      stdout: '',
      stderr: `ghost: the daemon ${pid} serves ${home.path}\n  try: ghost status\n`,
    });
    expect(home.daemonPid()).toBe(pid);
    expect(statSync(join(home.path, 'ghost.sock')).ino).toBe(socket);
    await home.ok(['list']);
  });

  test('is named when it is stopped and cannot answer, no second one is started, and it goes on when it is continued', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const pid = await until('a daemon', () => home.daemonPid());
    process.kill(pid, 'SIGSTOP');
    const refused = await home.ghost(['list']);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toContain(`the daemon (pid ${pid}) is alive and does not answer; no second one is started`);
    expect(refused.stderr).toContain(`try: kill -CONT ${pid}`);
    expect(daemonsOf(home)).toEqual([pid]);
    process.kill(pid, 'SIGCONT');
    await home.ok(['list']);
    expect(home.daemonPid()).toBe(pid);
  });

  test('that was stopped costs its tasks nothing: they write and end meanwhile, and whoever waits is told when it wakes', async () => {
    await using home = new GhostHome();
    const gate = join(home.work, 'gate');
    const id = await home.run(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; seq 200000; exit 5`]);
    const lasting = await home.run(['sh', '-c', 'while :; do echo tick; sleep 0.05; done']);
    const pid = await until('a daemon', () => home.daemonPid());
    const [waiting, following] = [home.begin(['wait', String(id)]), home.begin(['log', '-f', String(id)])];
    await until('both are connected', () => connectionsOf(pid) >= 2);
    const [task, other] = [(await home.task(id)).pid ?? 0, (await home.task(lasting)).pid ?? 0];
    process.kill(pid, 'SIGSTOP');
    writeFileSync(gate, '');
    await until('it has ended without anybody to see it', () => !isAlive(task));
    expect(isAlive(other)).toBe(true);
    expect(home.events({ type: 'TaskExited' })).toEqual([]);
    process.kill(pid, 'SIGCONT');
    expect(await waiting.ended).toMatchObject({ status: 5 });
    expect((await following.ended).stdout.length).toBe(1_288_895);
    expect(await home.task(id)).toMatchObject({ state: 'failed', exitCode: 5 });
    expect(await home.task(lasting)).toMatchObject({ state: 'running' });
    expect(home.events({ type: 'DaemonStarted' })).toHaveLength(1);
    expect(daemonsOf(home)).toEqual([pid]);
  });

  test('puts its socket back when somebody removes it', async () => {
    await using home = new GhostHome();
    const socket = join(home.path, 'ghost.sock');
    await home.ok(['list']);
    const pid = home.daemonPid();
    rmSync(socket);
    await until('the socket is back', () => existsSync(socket));
    await home.ok(['list']);
    expect(daemonsOf(home)).toEqual([pid]);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  test('listens anew each time that the folder of its socket is removed, as soon as there is a place for it', async () => {
    await using home = new GhostHome();
    // As at a desk: the system removes the folder at the last log-out, and makes it anew at the next log-in. In between
    // nobody, root neither, can make one here: the link leads to a file.
    const seat = join(home.work, 'seat');
    const leadTo = (target: string): void => {
      symlinkSync(target, `${seat}.new`);
      renameSync(`${seat}.new`, seat);
    };
    const logIn = (name: string): string => {
      mkdirSync(join(home.work, name, 'runtime'), { recursive: true, mode: 0o700 });
      leadTo(join(home.work, name));
      return join(home.work, name);
    };
    const runtime = join(seat, 'runtime');
    const socket = join(runtime, 'ghost.sock');
    const env = { GHOST_SOCKET: socket };
    writeFileSync(join(home.work, 'nobody'), '');
    let now = logIn('first');
    await home.ok(['list'], { env });
    const pid = home.daemonPid();
    for (const [round, next] of ['second', 'third'].entries()) {
      leadTo(join(home.work, 'nobody'));
      rmSync(now, { recursive: true });
      await until('it cannot be put back', () => linesOf(home, 'cannot be put back').length === round + 1);
      now = logIn(next);
      await until('the socket is back', () => existsSync(socket));
      await home.ok(['list'], { env });
    }
    // And with the folder in its place, which is another one by now.
    rmSync(socket);
    await until('the socket is back', () => existsSync(socket));
    rmSync(runtime, { recursive: true });
    await until('the socket is back with its folder', () => existsSync(socket));
    await home.ok(['list'], { env });
    expect(daemonsOf(home)).toEqual([pid]);
    expect(home.events({ type: 'DaemonStarted' })).toHaveLength(1);
  });

  test('is found by those whose environment puts the socket elsewhere', async () => {
    await using home = new GhostHome();
    // As at a desk: the data folder is the default one, and the socket lies in the runtime folder.
    const data = join(home.work, 'data');
    const runtime = (name: string): NodeJS.ProcessEnv => {
      mkdirSync(join(home.work, name), { mode: 0o700, recursive: true });
      return { GHOST_HOME: '', XDG_DATA_HOME: data, XDG_RUNTIME_DIR: join(home.work, name) };
    };
    expect(await home.run(['true'], { env: runtime('desk') })).toBe(1);
    expect(existsSync(join(home.work, 'desk', 'ghost.sock'))).toBe(true);
    expect(await home.run(['true'], { env: runtime('ssh') })).toBe(2);
    expect(
      await home.run(['true'], { env: { ...runtime('desk'), GHOST_SOCKET: join(home.work, 'desk', 'other.sock') } }),
    ).toBe(3);
    // A cron job has neither.
    expect(await home.run(['true'], { env: { GHOST_HOME: join(data, 'ghost'), XDG_RUNTIME_DIR: '' } })).toBe(4);
    expect(daemonsOf(home)).toHaveLength(1);
  });
});

describe('the daemon and the terminal', () => {
  test('it has a session of its own, no terminal, the root folder and no input, and does not mind SIGHUP', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const pid = await until('a daemon', () => home.daemonPid());
    expect(standingOf(pid)).toEqual({ session: pid, terminal: 0, cwd: '/', stdin: '/dev/null' });
    process.kill(pid, 'SIGHUP');
    await home.ok(['list']);
    expect(home.daemonPid()).toBe(pid);
  });

  test('it and its tasks survive the end of the terminal that the first command was typed in', async () => {
    await using home = new GhostHome();
    await using terminal = await TestTerminal.open(home);
    await terminal.command("ghost run sh -c 'while [ ! -e gate ]; do sleep 0.1; done; exit 6'");
    const pid = await until('a daemon', () => home.daemonPid());
    await until('the task has started', () => home.events({ type: 'TaskStarted' }).length === 1);
    await terminal.close();
    expect(await home.task(1)).toMatchObject({ state: 'running' });
    expect(home.daemonPid()).toBe(pid);
    await home.ok(['run', 'touch', 'gate']);
    expect(await home.ended(1)).toMatchObject({ state: 'failed', exitCode: 6 });
    expect(home.events({ type: 'TaskSubmitted', task: 1 })[0]?.actor['terminal']).toMatch(/^\/dev\/pts\//);
  });

  test.for<readonly [what: string, script: string]>([
    ['a command substitution', `id=$(${ghost} run sleep 600); echo "$id"`],
    ['a pipe', `${ghost} run sleep 600 | cat`],
    ['a pipe on stderr', `${ghost} run sleep 600 2>&1 >/dev/null | cat; echo 1`],
    ['a pipe on another descriptor', `${ghost} run sleep 600 5>&1 | cat`],
    // Node does not close those by itself.
    ['a pipe on a high descriptor', `${ghost} run sleep 600 40>&1 | cat`],
  ])('%s that started it does not wait for it', async ([, script]) => {
    await using home = new GhostHome();
    const { status, stdout } = await runProgram(['bash', '-c', script], { env: home.env, cwd: home.work });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '1\n' });
    expect(await home.task(1)).toMatchObject({ state: 'running' });
    expect(isAlive(home.daemonPid() ?? 0)).toBe(true);
  });
});

/** How many sockets a process has open: its listener and its clients. */
function connectionsOf(pid: number): number {
  const links = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return 'closed meanwhile';
    }
  });
  return links.filter((link) => link.startsWith('socket:')).length - 1;
}

function linesOf(home: GhostHome, words: string): readonly string[] {
  return readFileSync(join(home.path, 'daemon.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(words));
}
