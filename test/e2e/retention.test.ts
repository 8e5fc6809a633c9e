import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { bytesBelow } from '../support/bytes-below.ts';
import { GhostHome, type RecordedEvent } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { configure, taskFolder } from '../support/segments.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const mebibyte = 2 ** 20;
/** 128 KiB that do not compress, five times a second at the most. */
const flood = 'while :; do head -c 131072 /dev/urandom; sleep 0.2; done';
const flooders = 10;
/** What all of them write in the few seconds that retention may be late. */
const lateBytes = flooders * 5 * 131_072 * 3;

describe('output is kept within its limits', () => {
  test('while ten tasks flood a small disk', async () => {
    await using disk = new SmallDisk({ mebibytes: 60 });
    await using home = new GhostHome({ within: disk.path });
    const env = configure(home, { segmentSize: '512KiB', maxTotal: '12MiB', keepFree: '4MiB' });
    const tasks: number[] = [];
    for (let count = 0; count < flooders; count += 1) {
      tasks.push(await home.run(['sh', '-c', flood], { env }));
    }
    const daemon = home.daemonPid();
    let most = 0;
    await until('five times the limit has been written', () => {
      most = Math.max(most, bytesBelow(join(home.path, 'tasks')));
      return tasks.map((id) => lengthOf(home, id)).reduce((sum, bytes) => sum + bytes, 0) > 60 * mebibyte;
    });
    expect(most).toBeLessThan(12 * mebibyte + lateBytes);
    expect(home.daemonPid()).toBe(daemon);
    for (const id of tasks) expect(await home.task(id)).toMatchObject({ state: 'running' });
    await home.ok(['kill', ...tasks.map(String)]);
    expect(journalFaults(home)).toEqual([]);
    await until('what is left is within the limit', () => bytesBelow(join(home.path, 'tasks')) < 13 * mebibyte);
    for (const id of tasks) expect(await gapsIn(home, id)).toEqual([]);
    expect(home.events({ type: 'LogSegmentPruned' }).map(({ data }) => data['reason'])).toContain('total-limit');
  });

  test('of one task by its own limit, while it runs, and its newest output stays', async () => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '256KiB', maxPerTask: '1MiB', maxTotal: '1GiB', keepFree: '0' });
    const id = await home.run(['sh', '-c', 'head -c 6000000 /dev/urandom; echo; echo the last line; exec sleep 600'], {
      env,
    });
    await until('it is past its limit no more', () => {
      const bytes = bytesBelow(taskFolder(home, id));
      return lengthOf(home, id) === 6_000_000 + '\nthe last line\n'.length && bytes < 1.3 * mebibyte;
    });
    const pruned = home.events({ type: 'LogSegmentPruned', task: id });
    expect(new Set(pruned.map(({ data }) => data['reason']))).toEqual(new Set(['task-limit']));
    expect(await gapsIn(home, id)).toEqual([]);
    expect(await home.ok(['log', '-n', '1', String(id)])).toBe('the last line');
  });

  test('of a task that writes faster than that is compressed, by what it will take then', async () => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '256KiB', maxPerTask: '4MiB', maxTotal: '1GiB', keepFree: '0' });
    const script = 'echo the first line; yes "a line like many others" | head -c 200000000; echo; echo the last line';
    const id = await home.run(['sh', '-c', script], { env });
    await home.ended(id);
    await until('all of it is compressed', () => bytesBelow(taskFolder(home, id)) < 4 * mebibyte);
    expect(home.events({ type: 'LogSegmentPruned', task: id })).toEqual([]);
    expect(await home.ok(['log', '-n', '1', String(id)])).toBe('the last line');
  });

  test('of ended tasks before running ones, the first to end first', async () => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '256KiB', maxTotal: '2400KiB', keepFree: '0' });
    const running = await home.run(['sh', '-c', 'head -c 300000 /dev/urandom; exec sleep 600'], { env });
    const ended: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      const id = await home.run(['head', '-c', '600000', '/dev/urandom'], { env });
      await home.ended(id);
      ended.push(id);
    }
    await until('what is left is within the limit', () => bytesBelow(join(home.path, 'tasks')) < 2.5 * mebibyte);
    const pruned = home.events({ type: 'LogSegmentPruned' });
    expect(new Set(pruned.map(({ task }) => task))).toEqual(new Set([ended[0]]));
    expect(home.events({ type: 'LogSegmentPruned', task: running })).toEqual([]);
  });
});

describe('a daemon that is killed', () => {
  test.for(['output.pruned@1', 'output.pruned@3', 'output.removed@1', 'output.removed@2'])(
    'at %s leaves nothing that its journal says is gone',
    async (point) => {
      await using home = new GhostHome();
      const env = configure(home, { segmentSize: '256KiB', maxTotal: '1GiB', keepFree: '0' });
      const tasks: number[] = [];
      for (let count = 0; count < 3; count += 1) {
        const id = await home.run(['head', '-c', '600000', '/dev/urandom'], { env });
        await home.ended(id);
        tasks.push(id);
      }
      await home.killDaemon();
      configure(home, { segmentSize: '256KiB', maxTotal: '300KiB', keepFree: '0' });
      const starts = (): number => home.events({ type: 'DaemonStarted' }).length;
      const before = starts();
      await home.ok(['list'], { env: { ...env, GHOST_CRASH: point } });
      // So soon, perhaps, that the command had to start another one, which has less to remove.
      await until('the daemon has killed itself', () => home.daemonPid() === null || starts() > before + 1);
      if (home.daemonPid() !== null) await home.killDaemon();
      configure(home, { segmentSize: '256KiB', maxTotal: '1GiB', keepFree: '0' });
      await home.ok(['list'], { env });
      await until('nothing is left that is gone', () => tasks.every((id) => staleFiles(home, id).length === 0));
      for (const id of tasks) expect(await gapsIn(home, id)).toEqual([]);
      expect(journalFaults(home)).toEqual([]);
    },
  );
});

describe('the config file', () => {
  test('that is wrong keeps the daemon from starting, and the command says which key', async () => {
    await using home = new GhostHome();
    const path = join(home.work, 'config.json');
    writeFileSync(path, '{ "logs": { "keepFree": "some" } }');
    const result = await home.ghost(['list'], { env: { GHOST_CONFIG: path } });
    expect(result).toMatchObject({ status: 4, stdout: '' });
    expect(result.stderr).toContain('logs.keepFree is "some", but must be a size');
  });

  test('may be named relative to where the command is typed', async () => {
    await using home = new GhostHome();
    writeFileSync(join(home.work, 'own.json'), '{ "logs": { "oops": 1 } }');
    const result = await home.ghost(['list'], { env: { GHOST_CONFIG: 'own.json' } });
    expect(result).toMatchObject({ status: 4 });
    expect(result.stderr).toContain(join(home.work, 'own.json'));
    expect(result.stderr).toContain('"logs.oops" is not a setting');
  });
});

/** How far a task's stdout has come. */
function lengthOf(home: GhostHome, id: number): number {
  return statSync(join(taskFolder(home, id), 'spool', 'stdout'), { throwIfNoEntry: false })?.size ?? 0;
}

/** Files of a task that the journal says are gone. */
function staleFiles(home: GhostHome, task: number): readonly string[] {
  const gone = new Set(home.events({ type: 'LogSegmentPruned', task }).map(({ data }) => data['file']));
  const folder = taskFolder(home, task);
  return existsSync(folder) ? readdirSync(folder).filter((name) => gone.has(name)) : [];
}

/** Where what went of a task's stdout does not follow on what went before, and what is missing of what is left. */
async function gapsIn(home: GhostHome, task: number): Promise<readonly string[]> {
  const { faults } = await until('nothing is recorded while the files are looked at', () => {
    const events = home.events({ task });
    const found = gapsBetween(events, (file) => existsSync(join(taskFolder(home, task), file)));
    return home.events({ task }).length === events.length ? { faults: found } : null;
  });
  return faults;
}

function gapsBetween(events: readonly RecordedEvent[], isThere: (file: string) => boolean): readonly string[] {
  const faults: string[] = [];
  const ofStdout = (type: string): readonly Readonly<Record<string, unknown>>[] =>
    events
      .filter((event) => event.type === type)
      .map(({ data }) => data)
      .filter(({ stream }) => stream === 'stdout');
  let prunedTo = 0;
  for (const { from, to } of ofStdout('LogSegmentPruned')) {
    if (from !== prunedTo) faults.push(`pruned from ${String(from)}, but before up to ${prunedTo}`);
    prunedTo = Number(to);
  }
  for (const { from, file } of ofStdout('LogSegmentSealed')) {
    const there = isThere(String(file));
    if (there !== Number(from) >= prunedTo) faults.push(`${String(file)} is ${there ? 'still there' : 'missing'}`);
  }
  return faults;
}
