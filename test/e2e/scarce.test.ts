import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { daemonsOf } from '../support/daemons.ts';
import { GhostHome, type GhostResult, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { connectTo } from '../support/ledger-client.ts';
import { letThrough, otherUsers } from '../support/other-user.ts';
import { allPids } from '../support/process-stat.ts';
import { descriptorsOf } from '../support/process-world.ts';
import { type ProgramResult, runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const ghost = join(root, 'bin', 'ghost.cjs');

/** A command of ghost's under a limit of open files, which the daemon that it starts inherits: prlimit(1). */
async function withOpenFiles(home: GhostHome, limit: number, words: readonly string[]): Promise<ProgramResult> {
  return await runProgram(['prlimit', `--nofile=${limit}:${limit}`, process.execPath, ghost, ...words], {
    env: home.env,
    cwd: home.work,
  });
}

describe('where the daemon may have few files open', () => {
  const limit = 64;
  const tasks = 36;

  test('as many tasks run as anywhere: each is followed, none is lost, and the next daemon takes them all up', async () => {
    await using home = new GhostHome();
    await withOpenFiles(home, limit, ['list']);
    const daemon = await until('a daemon', () => home.daemonPid());
    // A pipe that all of them wait to open, so that none of them takes the machine's time meanwhile.
    const gate = join(home.work, 'gate');
    execFileSync('mkfifo', [gate]);
    await using client = await connectTo(home, { start: false });
    const commands = Array.from({ length: tasks }, (_, index) => [
      'sh',
      '-c',
      `read _ < ${gate}; echo ${index}; exit ${index}`,
    ]);
    // One after the other: each start takes some for a moment.
    for (const command of commands) await client.run({ command, environment: [['PATH', '/usr/bin:/bin']] });
    expect(home.daemonPid()).toBe(daemon);
    expect(descriptorsOf(daemon).length).toBeLessThan(limit);
    expect(readFileSync(join(home.path, 'daemon.log'), 'utf8').split('so many files are open')).toHaveLength(2);

    await home.killDaemon();
    expect((await withOpenFiles(home, limit, ['list'])).stdout.split('running')).toHaveLength(tasks + 1);
    await using again = await connectTo(home, { start: false });
    expect(home.events({ type: 'TaskAdopted' })).toHaveLength(tasks);
    await again.run({ command: ['sh', '-c', `: > ${gate}`], environment: [['PATH', '/usr/bin:/bin']] });
    const ended = await again.wait(commands.map((_, index) => String(index + 1)));
    expect(ended.map(({ exitCode }) => exitCode)).toEqual(commands.map((_, index) => index));
    await until('all of their output is there', () => home.events({ type: 'LogClosed' }).length === tasks + 1);
    expect(home.events({ type: 'TaskLost' })).toEqual([]);
    expect(journalFaults(home)).toEqual([]);
  });

  test('clients beyond are told so, and served when others have gone', async () => {
    await using home = new GhostHome();
    await withOpenFiles(home, limit, ['list']);
    const daemon = await until('a daemon', () => home.daemonPid());
    const silent = Array.from({ length: limit }, () => connect(join(home.path, 'ghost.sock')));
    for (const socket of silent) socket.on('error', () => undefined);
    await until('it takes no more', () => silent.some(({ bytesRead }) => bytesRead > 0));
    const refused = await home.ghost(['list']);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toMatch(/^ghost: the daemon has too many files open to take one more client; tasks go on\n/);
    for (const socket of silent) socket.destroy();
    await until('it serves again', async () => (await home.ghost(['run', 'true'])).status === 0);
    expect(home.daemonPid()).toBe(daemon);
    expect(daemonsOf(home)).toEqual([daemon]);
  });

  test('a task that cannot be started for that is refused in a sentence, and the daemon goes on', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const daemon = await until('a daemon', () => home.daemonPid());
    // None for the client, then one, and hardly more: a look at who asks is one too many, what a start needs is not there.
    const idle = descriptorsOf(daemon).length;
    for (const extra of [0, 1, 2]) {
      execFileSync('prlimit', ['--pid', String(daemon), `--nofile=${idle + extra}:`]);
      await home.ghost(['list']);
      expect(home.daemonPid(), `with ${extra} to spare`).toBe(daemon);
    }
    const refused = await home.ghost(['run', 'true']);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('has as many files open as it may');
    execFileSync('prlimit', ['--pid', String(daemon), '--nofile=1024:']);
    expect(await home.ended(await home.run(['sh', '-c', 'exit 4']))).toMatchObject({ exitCode: 4 });
    expect(home.daemonPid()).toBe(daemon);
    expect(journalFaults(home)).toEqual([]);
  });
});

/** A user whom nobody else is, so that nobody else's processes are counted with his. */
const lonelyUid = 60_000 + (process.pid % 5_000);

test.for(otherUsers.map(() => lonelyUid))(
  'where user %i may have few processes, a task is refused in a sentence or runs once, and nothing of it is left',
  async (uid) => {
    await using home = new GhostHome();
    const theirs = join(home.work, 'theirs');
    mkdirSync(theirs, { mode: 0o700 });
    chownSync(theirs, uid, uid);
    letThrough(home.work);
    const path = join(theirs, 'ghost');
    const asUser = async (words: readonly string[]): Promise<GhostResult> =>
      await runProgram(['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', ...words], {
        env: { ...home.env, HOME: '/nonexistent', NODE_COMPILE_CACHE: '', GHOST_HOME: path },
        cwd: '/',
      });
    const ghostAs = async (...words: string[]): Promise<GhostResult> =>
      await asUser([process.execPath, ghost, ...words]);
    await ghostAs('list');
    const { pid } = JSON.parse(readFileSync(join(path, 'daemon.json'), 'utf8')) as { readonly pid: number };
    const idle = threadsOf(uid);
    const results: GhostResult[] = [];
    // The client's own threads are counted too: so from too few, step by step, to enough.
    for (let limit = idle; results.at(-1)?.status !== 0 && results.length < 40; limit += 2) {
      await asUser(['prlimit', '--pid', String(pid), `--nproc=${limit}:`]);
      results.push(await ghostAs('run', 'sh', '-c', `echo ran >> ${join(theirs, 'ledger')}; exit 3`));
    }
    expect(results[0]?.stderr).toBe('ghost: the system has no room for another process now (see: ulimit -u)\n');
    for (const { status, stderr } of results.slice(0, -1)) {
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /^ghost: (?:the system has no room for another process now|it was given up after 5 attempts: )/,
      );
    }
    expect(results.at(-1)?.status).toBe(0);
    await ghostAs('wait');
    expect(readFileSync(join(theirs, 'ledger'), 'utf8')).toBe('ran\n');
    const states = JSON.parse((await ghostAs('list', '--all', '--json')).stdout) as readonly {
      readonly state: string;
    }[];
    expect(states.map(({ state }) => state)).toEqual(results.map(() => 'failed'));
    expect(isAlive(pid)).toBe(true);
    await until('nothing is left but the daemon', () => threadsOf(uid) <= idle);
    expect(existsSync(join(path, 'tasks', '1', 'spool', 'stdout.fifo'))).toBe(false);
    await ghostAs('shutdown');
  },
);

/** How many threads a user has: what RLIMIT_NPROC counts, getrlimit(2). */
function threadsOf(uid: number): number {
  let threads = 0;
  for (const pid of allPids()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      if (!new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(status)) continue;
      threads += Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
    } catch {
      // Gone meanwhile.
    }
  }
  return threads;
}
