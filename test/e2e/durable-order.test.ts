import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

/**
 * What must be on the disk before something happens that a power cut does not undo. The simulated cuts
 * (crash-power-loss.test.ts) see what is told to somebody; a program that runs is seen by nobody of theirs.
 */
test('a task is let go when it is on the disk that it may have run: after a power cut it would be run again', async () => {
  await using home = new GhostHome();
  const trace = join(home.work, 'trace');
  const calls = 'trace=pwrite64,fsync,fdatasync,write';
  const daemon = spawn(
    'strace',
    [
      '-f',
      '-qq',
      '-y',
      '-s',
      '4096',
      '-e',
      calls,
      '-o',
      trace,
      process.execPath,
      join(root, 'bin', 'ghost.cjs'),
      'daemon',
    ],
    { env: home.env, stdio: 'ignore' },
  );
  const ended = once(daemon, 'exit');
  try {
    await until('the daemon is up', () => home.daemonPid());
    for (let count = 0; count < 3; count += 1) await home.complete(['true']);
  } finally {
    await home.ghost(['shutdown']);
    await ended;
  }
  const lines = readFileSync(trace, 'latin1').split('\n');
  const lets = lines.flatMap((line, index) => (/ write\(\d+<[^>]*>, ".*go\\n", \d+\)/.test(line) ? [index] : []));
  const before = lets.map((index) => lines.slice(0, index).findLast((line) => line.includes('tasks.db-wal>')) ?? '');
  expect(before.map((line) => /(\w+)\(/.exec(line)?.[1])).toEqual(['fsync', 'fsync', 'fsync']);
});
