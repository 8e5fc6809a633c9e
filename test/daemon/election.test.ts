import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { becomeTheDaemon, removeCard, writeCard } from '../../src/daemon/election.ts';
import { takeKernelLock } from '../../src/journal/database.ts';
import { type Paths, resolvePaths } from '../../src/paths.ts';
import { isStopped } from '../support/process-stat.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

let paths: Paths;
let holder: ChildProcess | null = null;

beforeEach(() => {
  paths = resolvePaths({ GHOST_HOME: mkdtempSync(join(tmpdir(), 'election-')) });
});

afterEach(async () => {
  if (holder !== null && holder.exitCode === null && holder.signalCode === null) {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
  holder = null;
  rmSync(paths.home, { recursive: true, force: true });
});

describe('the lock of the kernel', () => {
  test('is held through the collection of all that nobody holds, through a stop, and freed by SIGKILL', async () => {
    const child = await holdElsewhere();
    expect(await ask(child)).toBe('held\n');
    expect(takeKernelLock(paths.lock)).toBeNull();
    child.kill('SIGSTOP');
    await until('it is stopped', () => isStopped(child.pid ?? 0));
    expect(takeKernelLock(paths.lock)).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    using lock = takeKernelLock(paths.lock);
    expect(lock).not.toBeNull();
  });

  test('goes to one alone, leaves nothing beside its file, and can be had again when it is given back', () => {
    const first = takeKernelLock(paths.lock);
    expect(takeKernelLock(paths.lock)).toBeNull();
    expect(readdirSync(paths.home)).toEqual(['lock.db']);
    first?.[Symbol.dispose]();
    using second = takeKernelLock(paths.lock);
    expect(second).not.toBeNull();
  });

  test('of a file that is none is refused, and the file is left as it is', () => {
    writeFileSync(paths.lock, 'x'.repeat(1_000));
    expect(() => takeKernelLock(paths.lock)).toThrow(
      expect.objectContaining({ code: 'journal-unusable', hint: `rm ${paths.lock}` }),
    );
    expect(readFileSync(paths.lock, 'utf8')).toBe('x'.repeat(1_000));
  });
});

describe('becoming the daemon', () => {
  test('is refused at once where one serves, which is named', async () => {
    const child = await holdElsewhere();
    writeCard(paths, { pid: child.pid ?? 0, socket: paths.socket, version: '1.0.0' });
    await expect(becomeTheDaemon(paths)).rejects.toMatchObject({
      code: 'daemon-already-running',
      message: `the daemon ${child.pid} serves ${paths.home}`,
    });
  });

  test('waits for one that has taken its card away and is about to end', async () => {
    const child = await holdElsewhere();
    writeCard(paths, { pid: child.pid ?? 0, socket: paths.socket, version: '1.0.0' });
    removeCard(paths);
    const becoming = becomeTheDaemon(paths);
    expect(await Promise.race([becoming, ask(child)])).toBe('held\n');
    child.stdin?.end();
    using lock = await becoming;
    expect(lock.path).toBe(paths.lock);
  });

  test.for(['{"pid":', '[]', '{"pid":"1"}'])('is not misled by a card like %s of a dead one', async (content) => {
    writeFileSync(join(paths.home, 'daemon.json'), content);
    using lock = await becomeTheDaemon(paths);
    expect(lock.path).toBe(paths.lock);
  });

  test('a card is whole or not there, and for its user alone', async () => {
    using _ = await becomeTheDaemon(paths);
    writeCard(paths, { pid: 1, socket: '/a', version: '1.0.0' });
    writeCard(paths, { pid: 2, socket: '/b', version: '1.0.1' });
    expect(readdirSync(paths.home).toSorted()).toEqual(['daemon.json', 'lock.db']);
    expect(JSON.parse(readFileSync(join(paths.home, 'daemon.json'), 'utf8'))).toEqual({
      pid: 2,
      socket: '/b',
      version: '1.0.1',
      // By which a copy of the folder is told from it.
      lock: statSync(paths.lock).ino,
    });
  });
});

async function holdElsewhere(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--expose-gc', join(root, 'test', 'fixtures', 'hold-lock.ts'), paths.lock], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  holder = child;
  expect(await ask(child)).toBe('held\n');
  return child;
}

/** Lets the collector run in the holder, and gives what it says then. */
async function ask({ stdin, stdout }: ChildProcess): Promise<string> {
  if (stdin === null || stdout === null) throw new Error('the holder has no pipes');
  const answer = once(stdout, 'data');
  stdin.write('?');
  return String((await answer)[0]);
}
