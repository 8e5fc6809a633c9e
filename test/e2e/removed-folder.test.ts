import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { daemonsOf } from '../support/daemons.ts';
import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { until } from '../support/until.ts';

describe('a daemon whose folder is taken away while it runs', () => {
  test('ends when the folder is removed, puts nothing back, and the next command has a new one', async () => {
    await using home = new GhostHome();
    const id = await home.run(['sleep', '600']);
    const pid = (await home.task(id)).pid ?? 0;
    const daemon = await until('a daemon', () => home.daemonPid());
    rmSync(home.path, { recursive: true });
    await until('it has ended', () => !isAlive(daemon));
    expect(existsSync(home.path)).toBe(false);
    expect(isAlive(pid)).toBe(true);
    // Nothing is known of the other: neither its number nor its process.
    expect(await home.run(['true'])).toBe(1);
    expect(daemonsOf(home)).toEqual([home.daemonPid()]);
    expect(journalFaults(home)).toEqual([]);
  });

  test('says so where it runs in the foreground', async () => {
    await using home = new GhostHome();
    const daemon = home.begin(['daemon']);
    await until('it is up', () => daemon.stderr().includes('the daemon is up'));
    rmSync(home.path, { recursive: true });
    const { status, stderr } = await daemon.ended;
    expect(status).toBe(4);
    // Whichever of it was seen to be gone first.
    expect(stderr).toMatch(
      /^ghost: the (?:data folder|lock|journal) .* while the daemon ran; it ends, and tasks run on$/m,
    );
  });

  test('ends when its lock is removed, so that no two serve one folder; the next one takes up its tasks', async () => {
    await using home = new GhostHome();
    const id = await home.run(['sleep', '600']);
    const first = await until('a daemon', () => home.daemonPid());
    rmSync(join(home.path, 'lock.db'));
    await until('it has ended', () => !isAlive(first));
    expect(await home.task(id)).toMatchObject({ state: 'running' });
    expect(daemonsOf(home)).toEqual([home.daemonPid()]);
    expect(readFileSync(join(home.path, 'daemon.log'), 'utf8')).toContain(
      'lock.db was removed, alone or with its folder, while the daemon ran',
    );
    expect(journalFaults(home)).toEqual([]);
  });

  test('refuses a task where the folder was moved, records nothing there, and ends; moved, it goes on as it was', async () => {
    await using home = new GhostHome();
    const id = await home.run(['sleep', '600']);
    const first = await until('a daemon', () => home.daemonPid());
    await using moved = new GhostHome();
    renameSync(home.path, moved.path);
    // Its socket is in the folder, and leads to a daemon that knows the old place alone.
    const refused = await moved.ghost(['run', 'true']);
    await until('it has ended', () => !isAlive(first));
    expect(existsSync(home.path)).toBe(false);
    expect(await moved.task(id)).toMatchObject({ state: 'running' });
    expect(moved.events({ type: 'TaskAdopted' })).toHaveLength(1);
    expect(moved.events({ type: 'TaskSubmitted' }).length).toBe(refused.status === 0 ? 2 : 1);
    expect(journalFaults(moved)).toEqual([]);
  });

  test('ends when its journal is replaced, and does not write into the other one', async () => {
    await using home = new GhostHome();
    await home.complete(['true']);
    await home.ok(['shutdown']);
    const backup = readFileSync(join(home.path, 'tasks.db'));
    const id = await home.run(['sleep', '600']);
    const first = await until('a daemon', () => home.daemonPid());
    // As a backup is put back by hand under a daemon that nobody thought of.
    for (const name of readdirSync(home.path).filter((file) => file.startsWith('tasks.db'))) {
      rmSync(join(home.path, name));
    }
    writeFileSync(join(home.path, 'tasks.db'), backup, { mode: 0o600 });
    await home.ghost(['run', 'true']);
    await until('it has ended', () => !isAlive(first));
    // The number that only the lost events knew is not given again.
    const next = Number((await home.ok(['run', 'true'])).trim());
    expect(next).toBeGreaterThan(id);
    expect(journalFaults(home)).toEqual([]);
    expect((await home.ghost(['audit', '--verify'])).status).toBe(0);
  });
});
