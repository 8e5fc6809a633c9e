import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { configure, sealedOf, taskFolder } from '../support/segments.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const flood = join(root, 'test', 'fixtures', 'print-bytes.cjs');

/** Somebody's files outside of the data folder: names, contents and modes, to be the same afterwards. */
function everythingIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const { mode, size, blocks } = statSync(join(folder, name));
      const text = statSync(join(folder, name)).isFile() ? readFileSync(join(folder, name), 'latin1') : '';
      return [name, mode.toString(8), size, blocks, text].join(' ');
    });
}

/** Moves something of a data folder out of it and leaves a link to it behind. */
function leadOut(home: GhostHome, path: string): string {
  const victim = join(home.work, 'victim');
  mkdirSync(victim, { recursive: true, mode: 0o755 });
  const target = join(victim, path.split('/').at(-1) ?? '');
  renameSync(path, target);
  symlinkSync(target, path);
  return victim;
}

/** An ended task with some segments, and a daemon that has them open no more. */
async function withSegments(home: GhostHome, env: NodeJS.ProcessEnv): Promise<number> {
  const id = await home.run([process.execPath, flood, 'a', '300000', 'text'], { env });
  await home.ended(id);
  await until('all is in segments', () => sealedOf(home, id).at(-1)?.to === 300_000);
  await home.ok(['shutdown']);
  return id;
}

test.for(['tasks', 'tasks.db', 'lock.db', 'daemon.log', 'reserve'])(
  'where %s of a data folder is a link, no daemon starts, and what it leads to is as it was',
  async (name) => {
    await using home = new GhostHome();
    await home.complete(['echo', 'out']);
    await until('the reserve is there', () => existsSync(join(home.path, 'reserve')));
    await home.ok(['shutdown']);
    const victim = leadOut(home, join(home.path, name));
    const before = everythingIn(victim);
    const { status, stderr } = await home.ghost(['run', 'true']);
    expect(status).toBe(4);
    expect(stderr).toContain(join(home.path, name));
    expect(everythingIn(victim)).toEqual(before);
    const found = await home.ghost(['doctor', '--fix', '--json']);
    expect(found.stdout).toContain('ghost makes no symbolic links');
    expect(everythingIn(victim)).toEqual(before);
  },
);

describe('a link in the place of', () => {
  test('the folder of the next task is put aside, and the task has one of its own', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const victim = join(home.work, 'victim');
    mkdirSync(join(victim, 'spool'), { recursive: true });
    writeFileSync(join(victim, 'spool', 'status.1'), 'exit 0\n');
    symlinkSync(victim, join(home.path, 'tasks', '1'));
    // One that leads nowhere would be followed by whoever makes what is not there.
    symlinkSync(join(home.work, 'nowhere'), join(home.path, 'tasks', '2'));
    const before = everythingIn(victim);
    for (const id of [1, 2]) {
      expect(await home.run(['sh', '-c', `echo ${id}; exit 5`])).toBe(id);
      expect(await home.ended(id)).toMatchObject({ exitCode: 5 });
      expect(lstatSync(join(home.path, 'tasks', String(id))).isDirectory()).toBe(true);
    }
    expect(everythingIn(victim)).toEqual(before);
    expect(existsSync(join(home.work, 'nowhere'))).toBe(false);
  });

  test('the folder of an ended task: nothing is read, cut, removed or changed through it', async () => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '64KiB' });
    const id = await withSegments(home, env);
    const victim = leadOut(home, taskFolder(home, id));
    // What a sweep of a task's folder would take.
    mkdirSync(join(victim, String(id), 'spool'), { recursive: true });
    writeFileSync(join(victim, String(id), 'stdout.0099.gz'), 'mine');
    writeFileSync(join(victim, String(id), 'stdout.0000.gz.tmp'), 'mine');
    const before = everythingIn(victim);
    const read = await home.ghost(['log', String(id)], { env });
    expect(read).toMatchObject({ status: 1, stdout: '' });
    expect(read.stderr).toContain('is a symbolic link, and ghost follows none in its folder');
    expect((await home.ghost(['audit', '--verify'], { env })).status).toBe(1);
    await home.ghost(['prune', '--keep', '0'], { env });
    await home.ghost(['doctor', '--fix'], { env });
    await home.ok(['shutdown'], { env });
    await home.ok(['list'], { env });
    expect(everythingIn(victim)).toEqual(before);
    expect(journalFaults(home)).toEqual([]);
  });

  test.for(['a segment', 'a spool', 'the order'])(
    '%s of an ended task: it is not read, and it alone goes',
    async (what) => {
      await using home = new GhostHome();
      const env = configure(home, { segmentSize: what === 'a segment' ? '64KiB' : '16MiB' });
      const id =
        what === 'a segment' ? await withSegments(home, env) : await home.run(['sh', '-c', 'echo secret'], { env });
      await home.ended(id);
      await until('its output is complete', () => home.events({ type: 'LogClosed' }).length === 1);
      await home.ok(['shutdown']);
      const folder = taskFolder(home, id);
      const path =
        what === 'a segment'
          ? join(folder, 'stdout.0000.gz')
          : what === 'a spool'
            ? join(folder, 'spool', 'stdout')
            : join(folder, 'order.idx');
      const victim = leadOut(home, path);
      const before = everythingIn(victim);
      const read = await home.ghost(['log', String(id)], { env });
      expect(read.status).toBe(1);
      expect(read.stdout).not.toContain('secret');
      await home.ghost(['prune', '--keep', '0'], { env });
      await home.ok(['shutdown'], { env });
      expect(existsSync(path)).toBe(false);
      expect(everythingIn(victim)).toEqual(before);
    },
  );

  test('the spools of a task that runs: the next daemon takes nothing up there, and does so when it is put right', async () => {
    await using home = new GhostHome();
    const id = await home.run(['sh', '-c', 'echo one; exec sleep 600']);
    const pid = (await home.task(id)).pid ?? 0;
    await home.killDaemon();
    const spool = join(taskFolder(home, id), 'spool');
    const victim = join(home.work, 'victim');
    mkdirSync(victim);
    cpSync(spool, join(victim, 'spool'), { recursive: true, filter: (path) => !path.endsWith('.fifo') });
    renameSync(spool, join(home.work, 'kept'));
    symlinkSync(join(victim, 'spool'), spool);
    const before = everythingIn(victim);
    await home.ok(['list']);
    expect(home.events({ type: 'TaskAdopted' })).toEqual([]);
    expect(home.events({ type: 'TaskLost' })).toEqual([]);
    expect(everythingIn(victim)).toEqual(before);
    rmSync(spool);
    renameSync(join(home.work, 'kept'), spool);
    await until('it is taken up', () => home.events({ type: 'TaskAdopted' }).length === 1);
    expect(await home.task(id)).toMatchObject({ state: 'running', pid });
    await home.ok(['kill', String(id)]);
    expect(await home.ended(id)).toMatchObject({ state: 'killed' });
    expect(readFileSync(join(home.path, 'daemon.log'), 'utf8').split('could not be taken up')).toHaveLength(2);
  });
});
