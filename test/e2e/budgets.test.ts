import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { expect, test } from 'vitest';

import { budgets } from '../budgets.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

/** What things cost, counted and held against test/budgets.ts. Nothing here is timed. */

const ghost = join(root, 'bin', 'ghost.cjs');

test.each([
  ['the command line', 'cli.cjs', budgets.cliBundleBytes],
  ['the daemon', 'daemon.cjs', budgets.daemonBundleBytes],
])('the bundle of %s is no larger than its budget', (_, file, most) => {
  expect(statSync(join(root, 'dist', file)).size).toBeLessThanOrEqual(most);
});

test('ghost list loads few of Node’s modules', async () => {
  await using home = new GhostHome();
  await home.ok(['run', 'true']);
  const nothing = await modulesOf(['-e', '0'], home);
  const list = await modulesOf([ghost, 'list'], home);
  const more = list.filter((name) => !nothing.includes(name));
  // It has connected at all.
  expect(more).toContain('NativeModule net');
  expect(more.length, more.join(', ')).toBeLessThanOrEqual(budgets.listModules);
});

test('ghost list opens few files', async () => {
  await using home = new GhostHome();
  await home.ok(['run', 'true']);
  // With the code of the command at hand, as from the second time on.
  await home.ok(['list']);
  const nothing = await fileCallsOf(['-e', '0'], home);
  const list = await fileCallsOf([ghost, 'list'], home);
  const more = list.length - nothing.length;
  expect(list.filter((line) => line.includes('ghost.sock')).length).toBeGreaterThan(0);
  expect(more, list.slice(nothing.length).join('\n')).toBeLessThanOrEqual(budgets.listFileCalls);
});

test('a task costs few processes, programs, files, syncs and events', async () => {
  await using home = new GhostHome();
  const trace = join(home.work, 'trace');
  const daemon = spawn(
    'strace',
    [
      '-f',
      '-qq',
      '-s',
      '200',
      '-e',
      'trace=process,fsync,fdatasync,%file',
      '-o',
      trace,
      process.execPath,
      ghost,
      'daemon',
    ],
    { env: home.env, stdio: 'ignore' },
  );
  try {
    await until('the daemon is up', () => home.daemonPid());
    // The first one also costs what is done once: what is counted is the third.
    for (const id of [1, 2]) await runToItsEnd(home, id);
    const before = readFileSync(trace, 'latin1').length;
    await runToItsEnd(home, 3);
    const lines = readFileSync(trace, 'latin1').slice(before).split('\n');
    // A call that another thread interrupted is on two lines: the second has its answer.
    const done = (name: RegExp): readonly string[] =>
      lines.filter((line) => name.test(line) && !line.includes('unfinished') && !/ = -1 /.test(line));
    const count = {
      events: home.events({ task: 3 }).length,
      processes: done(/\b(clone3?|v?fork)(\(| resumed)/).filter((line) => !line.includes('CLONE_THREAD')).length,
      programs: done(/\bexecve(\(| resumed)/).length,
      syncs: done(/\bf(data)?sync(\(| resumed)/).length,
      filesMade: new Set(
        lines
          .filter((line) => /\b(mkdir|mknod)(at)?\(|O_CREAT/.test(line))
          .flatMap((line) => /"[^"]*\/tasks\/[^"]*"/.exec(line) ?? []),
      ).size,
    };
    expect(count.programs, 'strace has seen the task').toBeGreaterThan(3);
    for (const [what, most] of Object.entries(budgets.task)) {
      const found = count[what as keyof typeof count];
      expect(found, `${what} of one task`).toBeLessThanOrEqual(most);
    }
  } finally {
    // strace itself holds back what would end it; it ends with the daemon.
    const ended = once(daemon, 'exit');
    await home.ghost(['shutdown']);
    await ended;
  }
});

test('a command costs the database few statements, however many tasks there are', async () => {
  await using home = new GhostHome();
  const file = join(home.work, 'statements');
  const counter = join(root, 'test', 'fixtures', 'count-statements.cjs');
  const daemon = spawn(process.execPath, ['--require', counter, ghost, 'daemon'], {
    env: { ...home.env, COUNT_STATEMENTS: file },
    stdio: 'ignore',
  });
  try {
    await until('the daemon is up', () => home.daemonPid());
    // More than a list shows.
    const tasks = 40;
    writeFileSync(join(home.work, 'batch'), 'true\n'.repeat(tasks));
    await home.ok(['run', '-c', '--batch', join(home.work, 'batch')]);
    await until('their logs are closed', () => home.events({ type: 'LogClosed' }).length === tasks);
    // What the daemon still does with the tasks that have ended meanwhile only ever adds: the least of three counts.
    const costOf = async (work: (round: number) => Promise<unknown>): Promise<readonly string[]> => {
      const counts: string[][] = [];
      for (const round of [1, 2, 3]) {
        const before = readFileSync(file, 'utf8').length;
        await work(round);
        counts.push(readFileSync(file, 'utf8').slice(before).trimEnd().split('\n'));
      }
      return counts.toSorted((one, other) => one.length - other.length)[0] ?? [];
    };
    const asked = {
      list: await costOf(() => home.ok(['list'])),
      show: await costOf(() => home.ok(['show', '3'])),
      history: await costOf(() => home.ok(['history', 'true'])),
      run: await costOf((round) => runToItsEnd(home, tasks + round)),
    };
    for (const [command, most] of Object.entries(budgets.statements)) {
      const statements = asked[command as keyof typeof asked];
      expect(statements.length, `${command}:\n${statements.join('\n')}`).toBeLessThanOrEqual(most);
    }
    expect(asked.run, 'what is committed is counted').toContain('COMMIT');
  } finally {
    const ended = once(daemon, 'exit');
    await home.ghost(['shutdown']);
    await ended;
  }
});

async function runToItsEnd(home: GhostHome, id: number): Promise<void> {
  // As from a shell: where PWD is wrong, `env` has to put it right for the task, which is one program more.
  await home.ok(['run', 'true'], { env: { PWD: home.work } });
  await until(`the log of task ${id} is closed`, () => home.events({ type: 'LogClosed', task: id }).length === 1);
}

async function modulesOf(args: readonly string[], home: GhostHome): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--require', join(root, 'test', 'fixtures', 'report-modules.cjs'), ...args], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  let text = '';
  child.stdout?.resume();
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(child, 'close');
  return text.split('\n');
}

async function fileCallsOf(args: readonly string[], home: GhostHome): Promise<readonly string[]> {
  const trace = join(home.work, 'files');
  await runProgram(['strace', '-f', '-qq', '-e', 'trace=%file,connect', '-o', trace, process.execPath, ...args], {
    env: home.env,
  });
  // How many folders lead to the program differs from machine to machine.
  const above = new Set(ghost.split('/').map((_, depth, names) => `"${names.slice(0, depth).join('/')}"`));
  return readFileSync(trace, 'latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.includes(' resumed>') && !line.includes('+++'))
    .filter((line) => !above.has(/"[^"]*"/.exec(line)?.[0] ?? ''));
}
