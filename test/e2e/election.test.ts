import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { daemonsOf } from '../support/daemons.ts';
import { underFailure } from '../support/failing-calls.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const ghost = join(root, 'bin', 'ghost.cjs');

describe('commands that all come at the same moment', () => {
  test('fifty of them start one daemon, and each of their tasks runs once', async () => {
    await using home = new GhostHome();
    await expectEachToRunOnce(home, { count: 50 });
    expect(home.events({ type: 'DaemonStarted' })).toHaveLength(1);
  });

  test('a socket and a start lock that dead processes left are no hindrance', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    await home.killDaemon();
    // As proper-lockfile leaves it when its holder is killed: a folder, touched a moment ago.
    mkdirSync(join(home.path, 'start.lock'));
    expect(existsSync(join(home.path, 'ghost.sock'))).toBe(true);
    await expectEachToRunOnce(home, { count: 12 });
    expect(home.events({ type: 'DaemonStarted' })).toHaveLength(2);
    await until('the start lock is gone', () => !existsSync(join(home.path, 'start.lock')));
  });

  test('a daemon that is killed in their midst is followed by another, and nothing is done twice', async () => {
    await using home = new GhostHome();
    await expectEachToRunOnce(home, {
      count: 24,
      meanwhile: async () => {
        for (const least of [1, 8]) {
          await until(`task ${least} has run`, () => ledgerOf(home).length >= least);
          await home.killDaemon();
        }
      },
    });
    const starts = home.events({ type: 'DaemonStarted' });
    expect(starts.filter(({ data }) => data['previous'] === 'crashed')).toHaveLength(2);
  });

  test('a start lock that somebody else takes for a dead one’s and removes is taken again', async () => {
    await using home = new GhostHome();
    // What proper-lockfile does with a lock that it has just made.
    const removed = { calls: ['utimensat'], error: 'ENOENT', path: join(home.path, 'start.lock'), when: '1' };
    const trace = join(home.work, 'trace');
    const command = underFailure(removed, [process.execPath, ghost, 'list'], { trace });
    expect((await runProgram(command, { env: home.env, cwd: home.work })).status).toBe(0);
    expect(readFileSync(trace, 'latin1')).toContain('ENOENT (No such file or directory) (INJECTED)');
  });

  test('the one that starts the daemon for all may be killed', async () => {
    await using home = new GhostHome();
    const first = home.begin(['list']);
    await until(
      'the start lock is held',
      () => existsSync(join(home.path, 'start.lock')) || first.child.exitCode !== null,
    );
    first.child.kill('SIGKILL');
    await expectEachToRunOnce(home, { count: 8 });
    expect(daemonsOf(home)).toEqual([home.daemonPid()]);
  });
});

test('of daemons that are started at the same moment with no lock around it one stays, and the others name it', async () => {
  await using home = new GhostHome();
  const started = Array.from({ length: 6 }, () => home.begin(['daemon']));
  const isOver = ({ child }: (typeof started)[number]): boolean => child.exitCode !== null || child.signalCode !== null;
  await until('all but one have gone', () => started.filter(isOver).length === started.length - 1);
  const pid = await until('one is the daemon', () => home.daemonPid());
  expect(started.filter((one) => !isOver(one)).map(({ child }) => child.pid)).toEqual([pid]);
  const refused = await Promise.all(started.filter(isOver).map(async ({ ended }) => await ended));
  for (const { status, stderr } of refused) {
    expect([status, stderr]).toEqual([1, `ghost: the daemon ${pid} serves ${home.path}\n  try: ghost status\n`]);
  }
  expect(home.events({ type: 'DaemonStarted' })).toHaveLength(1);
  // Ctrl-C, as to any program in the foreground.
  process.kill(pid, 'SIGINT');
  const ends = await Promise.all(started.map(async ({ ended }) => (await ended).status));
  expect(ends).toEqual(started.map(({ child }) => (child.pid === pid ? 0 : 1)));
});

/** Starts so many tasks at once, each of which writes a line of its own into the ledger, and looks what came of it. */
async function expectEachToRunOnce(
  home: GhostHome,
  { count, meanwhile = async () => undefined }: { count: number; meanwhile?: () => Promise<unknown> },
): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `task-${index}`);
  const storm = names.map((name) => home.begin(['run', '-n', name, 'sh', '-c', 'echo "$1" >> ledger', 'sh', name]));
  await meanwhile();
  const results = await Promise.all(storm.map(async ({ ended }) => await ended));
  expect(results.filter(({ status }) => status !== 0)).toEqual([]);
  const ids = results.map(({ stdout }) => Number(stdout));
  expect(ids.toSorted((a, b) => a - b)).toEqual(names.map((_, index) => index + 1));

  await home.ok(['wait', ...ids.map(String)]);
  expect(ledgerOf(home).toSorted()).toEqual(names.toSorted());
  const listed = JSON.parse(await home.ok(['list', '--all', '--json'])) as {
    readonly id: number;
    readonly name: string;
  }[];
  const exited = results.map(({ stdout }, index) => ({
    id: Number(stdout),
    name: names[index],
    state: 'exited',
    exitCode: 0,
  }));
  expect(listed).toMatchObject(exited.toSorted((a, b) => a.id - b.id));
  expect(home.events({ type: 'TaskStarted' })).toHaveLength(count);
  expect(home.events({ type: 'TaskExited' })).toHaveLength(count);

  const daemon = home.daemonPid();
  await until('one daemon is left', () => daemonsOf(home).length === 1);
  expect(daemonsOf(home)).toEqual([daemon]);
  expect(daemon !== null && isAlive(daemon)).toBe(true);
}

function ledgerOf(home: GhostHome): readonly string[] {
  const path = join(home.work, 'ledger');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}
