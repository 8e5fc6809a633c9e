import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { FailingCalls, underFailure } from '../support/failing-calls.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const ghost = join(root, 'bin', 'ghost.cjs');

/** The calls by which SQLite writes to its write-ahead log, and by which it makes that durable. */
const failures = [
  ['writing', ['pwrite64']],
  ['syncing', ['fsync', 'fdatasync']],
] as const;

/** A task that ends with 5 when it is let, and a daemon that has its journal open. */
async function begun(home: GhostHome): Promise<{ readonly daemon: number; readonly open: () => void }> {
  const gate = join(home.work, 'gate');
  await home.run(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; exit 5`]);
  return { daemon: await until('a daemon', () => home.daemonPid()), open: () => writeFileSync(gate, '') };
}

describe('when the disk fails under the journal', () => {
  test.for(failures)('at %s, the daemon ends and the next one does what was asked, once', async ([, calls]) => {
    await using home = new GhostHome();
    const { daemon, open } = await begun(home);
    {
      await using _ = await FailingCalls.of(daemon, { calls, error: 'EIO', path: join(home.path, 'tasks.db-wal') });
      expect(await home.run(['sh', '-c', 'echo ran >> ledger; exit 3'])).toBe(2);
      await until('the first daemon has ended', () => !isAlive(daemon));
    }
    expect(await home.ended(2)).toMatchObject({ exitCode: 3 });
    expect(readFileSync(join(home.work, 'ledger'), 'utf8')).toBe('ran\n');
    expect(readFileSync(join(home.path, 'daemon.log'), 'utf8')).toContain('disk I/O error');
    open();
    expect(await home.ended(1)).toMatchObject({ exitCode: 5 });
    expect(home.events({ type: 'DaemonStarted' }).map(({ data }) => data['previous'])).toEqual(['none', 'crashed']);
    expect(home.events({ type: 'TaskSubmitted' })).toHaveLength(2);
    expect(journalFaults(home)).toEqual([]);
    expect(await home.ok(['audit', '--verify'])).toContain('all hold');
  });

  test.for(failures)(
    'at %s, an exit that could not be recorded is told by the next daemon, once',
    async ([, calls]) => {
      await using home = new GhostHome();
      const { daemon, open } = await begun(home);
      {
        await using _ = await FailingCalls.of(daemon, { calls, error: 'EIO', path: join(home.path, 'tasks.db-wal') });
        open();
        await until('the daemon has ended', () => !isAlive(daemon));
      }
      expect(await home.task(1)).toMatchObject({ state: 'failed', exitCode: 5 });
      expect(home.events({ type: 'TaskExited' })).toHaveLength(1);
      expect(journalFaults(home)).toEqual([]);
    },
  );

  test('at reading, whoever asks for that part is told so, and the daemon goes on with the rest', async () => {
    await using home = new GhostHome();
    for (const word of ['one', 'two', 'three']) await home.complete(['echo', word]);
    await home.ok(['shutdown']);
    await home.ok(['list']);
    const daemon = await until('a daemon', () => home.daemonPid());
    const path = join(home.path, 'tasks.db');
    {
      await using _ = await FailingCalls.of(daemon, { calls: ['pread64'], error: 'EIO', path });
      const { status, stdout, stderr } = await home.ghost(['show', '1']);
      expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
      expect(stderr).toMatch(/^ghost: a part of the journal cannot be read: .*\n {2}try: ghost doctor /);
    }
    expect(await home.task(1)).toMatchObject({ exitCode: 0 });
    expect(await home.ended(await home.run(['sh', '-c', 'exit 7']))).toMatchObject({ exitCode: 7 });
    expect(home.daemonPid()).toBe(daemon);
    expect(journalFaults(home)).toEqual([]);
  });

  test.for(['pread64', 'openat'])('and even %s, nothing is started and it is said what to look at', async (call) => {
    await using home = new GhostHome();
    await home.run(['sleep', '600']);
    await home.killDaemon();
    const before = readFileSync(join(home.path, 'tasks.db'));
    const failure = { calls: [call], error: 'EIO', path: join(home.path, 'tasks.db') };
    const command = [process.execPath, ghost, 'daemon'];
    const { status, stderr } = await runProgram(underFailure(failure, command), { env: home.env, cwd: home.work });
    expect(status).toBe(4);
    expect(stderr).toMatch(/^ghost: .*tasks\.db cannot be opened: .*\n {2}try: .*\n$/);
    expect(existsSync(join(home.path, 'daemon.json'))).toBe(false);
    expect(readFileSync(join(home.path, 'tasks.db')).equals(before)).toBe(true);
    // Nothing was taken for damage of the file: with a disk that works all is there.
    expect(await home.task(1)).toMatchObject({ state: 'running' });
  });
});
