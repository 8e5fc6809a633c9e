import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { madeFiles, makingCalls } from '../support/made-files.ts';
import { runProgram } from '../support/run-program.ts';
import { configure } from '../support/segments.ts';
import { root } from '../support/source-files.ts';

const ghost = `${process.execPath} ${join(root, 'bin', 'ghost.cjs')}`;
const flood = `${process.execPath} ${join(root, 'test', 'fixtures', 'print-bytes.cjs')}`;

/** All that makes files: tasks of every kind, segments, a crash, a restoration, what is redacted, pruned and looked at. */
const life = `
umask 000
${ghost} run -- ${flood} a 400000 text
${ghost} run -e TOKEN=x -- sh -c 'echo out; echo err >&2; exit 3'
${ghost} wait 1 2
until [ -e "$GHOST_HOME/tasks/1/stdout.0003.gz" ]; do sleep 0.05; done
${ghost} redact 2 --env TOKEN
${ghost} run sleep 600
kill -9 $(sed 's/.*"pid":\\([0-9]*\\).*/\\1/' "$GHOST_HOME/daemon.json")
${ghost} list
${ghost} kill 3
${ghost} wait 3
${ghost} doctor --rebuild
${ghost} prune --keep 0
${ghost} shutdown
${process.execPath} -e 'fs.writeSync(fs.openSync(process.env.GHOST_HOME + "/tasks.db", "r+"), Buffer.alloc(90))'
${ghost} doctor --fix
${ghost} list --all
${ghost} shutdown
`;

test('over a whole life, whatever ghost makes is for its user alone from its first moment', async () => {
  await using home = new GhostHome();
  const env = { ...home.env, ...configure(home, { segmentSize: '64KiB' }), NODE_COMPILE_CACHE: '' };
  const trace = join(home.work, 'trace');
  const words = ['strace', '-f', '-qq', '-s', '4096', '-e', 'signal=none', '-e', makingCalls, '-o', trace];
  const { stdout, stderr } = await runProgram([...words, 'sh', '-c', life], { env, cwd: home.work });
  expect(stdout, stderr).toContain('restored with the events 1 to');
  const made = madeFiles(readFileSync(trace, 'latin1'), { umask: 0o022 }).filter(({ path }) =>
    path.startsWith(home.path),
  );
  const names = made.map(({ path }) => path.slice(home.path.length + 1).replaceAll(/\d+/g, 'N'));
  // The trace has seen them all, also those that are gone again.
  expect(names).toEqual(
    expect.arrayContaining([
      '',
      'tasks',
      'lock.db',
      'tasks.db',
      'tasks.db-wal',
      'daemon.log',
      'daemon.json.N',
      'reserve',
      'ghost.sock.N.N',
      'tasks/N/spool',
      'tasks/N/spool/stdout',
      'tasks/N/spool/stdout.fifo',
      'tasks/N/spool/status.N',
      'tasks/N/order.idx',
      'tasks/N/stdout.N.gz.tmp',
      'tasks.db.rebuild',
      'tasks.db.restored.tmp',
    ]),
  );
  // The lock around a start is an empty folder of a library's, in a folder that lets nobody in.
  const open = made.filter(({ mode, path }) => (mode & 0o077) !== 0 && path !== join(home.path, 'start.lock'));
  expect(open.map(({ call, path, mode }) => `${call} ${path} ${mode.toString(8)}`)).toEqual([]);
  // SQLite gives a log the mode of its database again, which is the one that it has.
  expect(readFileSync(trace, 'latin1').match(/^\d+ +f?chmod\w*\((?!\d+, 0100600\)).*$/gm)).toBeNull();
});
