import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { daemonsOf } from '../support/daemons.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { folderOfOther, ghostAsOther, letThrough, otherUid, otherUsers, runAsOther } from '../support/other-user.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const ghost = `${process.execPath} ${join(root, 'bin', 'ghost.cjs')}`;
const knock = join(root, 'test', 'fixtures', 'knock.cjs');

describe('what ghost makes', () => {
  test('is for its user alone from the moment it exists, whatever the umask', async () => {
    await using home = new GhostHome({ env: { XDG_CACHE_HOME: '' } });
    const trace = join(home.work, 'trace');
    const script = `umask 000; ${ghost} run sh -c 'echo out; umask; sleep 600' >id`;
    const strace = [
      'strace',
      '-f',
      '-qq',
      '-e',
      'signal=none',
      '-e',
      'trace=?chmod,?fchmod,?fchmodat,?fchmodat2',
      '-o',
      trace,
    ];
    const traced = runProgram([...strace, 'sh', '-c', script], {
      env: { ...home.env, NODE_COMPILE_CACHE: '1' },
      cwd: home.work,
    });
    await until('the task has written', () => existsSync(home.path) && homeHas(home, 'out\n0000\n'));
    // Looked at once: its daemon makes and removes files meanwhile.
    const modes = modesBelow(home.path);
    expect(modes).toEqual(modes.map(([path, kind]) => [path, kind, kind === 'folder' ? '700' : '600']));
    expect(modes.map(([path]) => path)).toEqual(
      expect.arrayContaining(['ghost.sock', 'tasks.db', 'tasks.db-wal', 'daemon.log', 'lock.db']),
    );
    expect(statSync(home.path).mode & 0o777).toBe(0o700);
    await home.ok(['shutdown', '--stop-tasks']);
    await traced;
    // A mode that is right at the end and was never changed was right at the beginning.
    expect(
      readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes('chmod')),
    ).toEqual([]);
  });
});

test.for(otherUsers)(
  'another user, uid %i, is refused by what the kernel says of him, even where the modes would let him in, and it is recorded once',
  async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const socket = join(home.path, 'ghost.sock');
    letThrough(home.path);
    chmodSync(socket, 0o666);
    for (const _ of ['first', 'second']) {
      const { stdout } = await runAsOther([knock, socket], { home });
      expect(stdout).toContain(`this daemon belongs to another user; uid ${otherUid} is refused`);
      expect(stdout).not.toContain('ghostd');
    }
    chmodSync(home.path, 0o700);
    await until('it is recorded', () => home.events({ type: 'PeerRefused' }).length > 0);
    const refused = home.events({ type: 'PeerRefused' });
    expect(refused.map(({ data }) => data['uid'])).toEqual([otherUid]);
    expect(await home.ok(['list'])).not.toContain('refused');
  },
);

test.for(otherUsers)('uid %i cannot stop a task that has become root, and does not wait for it', async () => {
  await using home = new GhostHome();
  const folder = folderOfOther(home);
  const theirs = { home, env: { GHOST_HOME: join(folder, 'home') }, cwd: folder };
  // As sudo is one: setpriv becomes root wholly, not only in effect.
  const becomeRoot = join(folder, 'become-root');
  copyFileSync('/usr/bin/setpriv', becomeRoot);
  chmodSync(becomeRoot, 0o4755);
  const run = await ghostAsOther(['run', '--json', becomeRoot, '--reuid', '0', 'sleep', '600'], theirs);
  const { pid } = JSON.parse(run.stdout) as { readonly pid: number };
  try {
    await until('it is root', () => /^Uid:\s0\s0\s0\s0$/m.test(readFileSync(`/proc/${pid}/status`, 'latin1')));
    for (const command of ['stop', 'kill']) {
      expect(await ghostAsOther([command, '1'], theirs)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('task 1 may not be signalled: it belongs to another user by now') as string,
      });
    }
  } finally {
    process.kill(pid, 'SIGKILL');
    await ghostAsOther(['wait', '1'], theirs);
    await ghostAsOther(['shutdown'], theirs);
  }
});

test.for(otherUsers)('another user, uid %i, finds the folder shut', async () => {
  await using home = new GhostHome();
  await home.ok(['list']);
  letThrough(home.work);
  const { stdout } = await runAsOther([knock, join(home.path, 'ghost.sock')], { home });
  expect(stdout).toBe('EACCES');
  expect(await ghostAsOther(['list'], { home })).toMatchObject({ status: 4, stdout: '' });
});

test.for(otherUsers)('another user, uid %i, cannot offer a socket in a folder of his own', async () => {
  await using home = new GhostHome();
  const trap = join(home.work, 'trap');
  mkdirSync(trap, { mode: 0o755 });
  chownSync(trap, otherUid, otherUid);
  const { status, stderr } = await home.ghost(['run', 'true'], { env: { GHOST_SOCKET: join(trap, 'ghost.sock') } });
  expect({ status, stderr }).toEqual({
    status: 4,
    stderr:
      `ghost: the socket ${join(trap, 'ghost.sock')} cannot be used: the folder ${trap} belongs to uid ${otherUid}, not to you\n` +
      '  try: set GHOST_SOCKET to a path in a folder of your own, or unset XDG_RUNTIME_DIR\n',
  });
  expect(daemonsOf(home)).toEqual([]);
});

test('a socket in a folder that its group can write in is used by neither side', async () => {
  await using home = new GhostHome();
  const folder = join(home.work, 'ours');
  mkdirSync(folder);
  chmodSync(folder, 0o770);
  const { status, stderr } = await home.ghost(['run', 'true'], { env: { GHOST_SOCKET: join(folder, 'ghost.sock') } });
  expect({ status, stderr }).toEqual({
    status: 4,
    stderr:
      `ghost: the socket ${join(folder, 'ghost.sock')} cannot be used: its group can write in ${folder}\n` +
      `  try: chmod g-w ${folder}\n`,
  });
  expect(daemonsOf(home)).toEqual([]);
});

test.for(otherUsers)('another user, uid %i, cannot offer a data folder, and nothing is put into it', async () => {
  await using home = new GhostHome();
  mkdirSync(home.path, { mode: 0o700 });
  mkdirSync(join(home.path, 'tasks'), { mode: 0o700 });
  chownSync(home.path, otherUid, otherUid);
  for (const words of [['run', 'true'], ['list'], ['daemon']]) {
    const refused = await home.ghost(words);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toBe(
      `ghost: the data folder ${home.path} cannot be used: it belongs to uid ${otherUid}, not to you\n` +
        '  try: set GHOST_HOME to a folder of your own\n',
    );
  }
  expect(readdirSync(home.path)).toEqual(['tasks']);
  expect(daemonsOf(home)).toEqual([]);
});

test.for(otherUsers)(
  'another user, uid %i, has a ghost of his own, and one line where his folder cannot be written',
  async () => {
    await using home = new GhostHome();
    const theirs = folderOfOther(home);
    const env = { GHOST_HOME: join(theirs, 'ghost') };
    expect(await ghostAsOther(['run', 'true'], { home, env })).toMatchObject({ status: 0, stdout: '1\n' });
    expect(statSync(env.GHOST_HOME)).toMatchObject({ uid: otherUid });
    await ghostAsOther(['shutdown'], { home, env });
    chmodSync(env.GHOST_HOME, 0o500);
    expect(await ghostAsOther(['run', 'true'], { home, env })).toMatchObject({
      status: 4,
      stdout: '',
      stderr: `ghost: the data folder ${env.GHOST_HOME} cannot be used: you cannot write in it\n  try: chmod 700 ${env.GHOST_HOME}\n`,
    });
    const below = join(home.work, 'not', 'his');
    const refused = await ghostAsOther(['list'], { home, env: { GHOST_HOME: below } });
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toMatch(
      /^ghost: the data folder .* cannot be used: it cannot be made \(EACCES: .*\)\n {2}try: set GHOST_HOME to a folder that you can write in\n$/,
    );
    expect(existsSync(below)).toBe(false);
  },
);

function homeHas(home: GhostHome, output: string): boolean {
  const spool = join(home.path, 'tasks', '1', 'spool', 'stdout');
  return existsSync(spool) && readFileSync(spool, 'utf8') === output;
}

/** Each thing below a folder: its path, whether it is a folder, and its mode. */
function modesBelow(folder: string): readonly (readonly [path: string, kind: string, mode: string])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((path) => {
      const stats = lstatSync(join(folder, path));
      return [path, stats.isDirectory() ? 'folder' : 'file', (stats.mode & 0o777).toString(8)];
    });
}
