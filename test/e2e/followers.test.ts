import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import type { LogChunk } from '../../src/protocol/answers.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { connectTo } from '../support/ledger-client.ts';
import { procNumber } from '../support/process-stat.ts';
import { configure } from '../support/segments.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const fixture = join(root, 'test', 'fixtures', 'print-bytes.cjs');
const { bytesOf } = createRequire(import.meta.url)(fixture) as {
  readonly bytesOf: (seed: string, total: number, kind: string) => Iterable<Buffer>;
};
const mebibyte = 2 ** 20;

describe('followers that stop reading', () => {
  test('cost the daemon a chunk each, and keep neither another follower nor the task', async () => {
    await using home = new GhostHome();
    const bytes = 64 * mebibyte;
    const gate = join(home.work, 'gate');
    const script = `while [ ! -e ${gate} ]; do sleep 0.05; done; "$0" "$1" s ${bytes} text`;
    const id = await home.run(['sh', '-c', script, process.execPath, fixture]);
    const daemon = await until('the daemon', () => home.daemonPid());
    const stuck = Array.from({ length: 10 }, () => {
      const { child } = home.begin(['log', '-f', String(id)]);
      child.stdout?.removeAllListeners('data').pause();
      return child;
    });
    const before = memoryOf(daemon);
    await home.run(['touch', gate]);
    const sum = createHash('sha256');
    await home.begin(['log', '-f', String(id)], { onStdout: (chunk) => sum.update(chunk) }).ended;
    expect(sum.digest('hex')).toBe(sumOf('s', bytes));
    expect(await home.task(id)).toMatchObject({ state: 'exited' });
    expect(stuck.every((child) => child.exitCode === null)).toBe(true);
    // Had it kept what they did not read, it would be ten times 64 MiB.
    expect(memoryOf(daemon) - before).toBeLessThan(160 * mebibyte);
    for (const child of stuck) child.kill('SIGKILL');
  });
});

describe('a reader who is slower than the task', () => {
  test('is told of what was pruned before him, and misses and repeats no byte of the rest', async () => {
    await using home = new GhostHome();
    const bytes = 12 * mebibyte;
    const env = configure(home, { segmentSize: '256KiB', maxPerTask: '600KiB', maxTotal: '1GiB', keepFree: '0' });
    const id = await home.run([process.execPath, fixture, 'p', String(bytes), 'binary'], { env });
    await using client = await connectTo(home, { start: false });
    const whole = Buffer.concat([...bytesOf('p', bytes, 'binary')]);
    const { told, gaps } = await readSlowly(client, id, {
      whole,
      // He waits at his first bytes until some of those after them are gone.
      pause: async (at) => {
        if (at < mebibyte / 2) await until('something is pruned', () => prunedOf(home, id) > at + mebibyte);
      },
    });
    expect(told).toBe(bytes);
    expect(gaps).toBeGreaterThan(0);
  });

  test('reads on over a prune by hand and a daemon that is killed while he is in the middle', async () => {
    await using home = new GhostHome();
    // Of this a client has 20 blocks of 256 KiB at most before he reads them: the others can go.
    const bytes = 9 * mebibyte;
    const env = configure(home, { segmentSize: '256KiB', keepFree: '0' });
    const id = await home.run(
      ['sh', '-c', '"$0" "$1" q $2 binary; exec sleep 600', process.execPath, fixture, String(bytes)],
      {
        env,
      },
    );
    await until('most of it is in segments', () => home.events({ type: 'LogSegmentSealed', task: id }).length >= 35);
    await using client = await connectTo(home);
    const whole = Buffer.concat([...bytesOf('q', bytes, 'binary')]);
    let isDisturbed = false;
    const { told, gaps } = await readSlowly(client, id, {
      whole,
      pause: async (at) => {
        if (isDisturbed || at < 300_000) return;
        isDisturbed = true;
        await home.ok(['prune', '--max-log', '1MiB'], { env });
        await home.killDaemon();
        await home.ok(['list'], { env });
      },
    });
    expect(told).toBe(bytes);
    expect(gaps).toBe(1);
    await home.ok(['kill', String(id)]);
  });
});

test('log -f shows the last byte before it ends with the task, however short before the end that was written', async () => {
  await using home = new GhostHome();
  const results = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const gate = join(home.work, `gate-${index}`);
      const script = `while [ ! -e ${gate} ]; do sleep 0.02; done; head -c 70000 /dev/zero | tr '\\0' x; printf end >&2; exit ${index}`;
      const id = await home.run(['sh', '-c', script]);
      const { ended } = home.begin(['log', '-f', String(id)]);
      await home.ok(['run', 'touch', gate]);
      const { stdout, stderr, status } = await ended;
      return { length: stdout.length, stderr, status, state: (await home.task(id)).exitCode };
    }),
  );
  expect(results).toEqual(
    Array.from({ length: 12 }, (_, index) => ({ length: 70_000, stderr: 'end', status: 0, state: index })),
  );
});

/**
 * Follows a task's stdout to its end or to so many bytes, and holds each byte against what was written.
 * @returns how far he came, and how many times something was gone.
 */
async function readSlowly(
  client: Client,
  id: number,
  { whole, pause }: { whole: Buffer; pause: (at: number) => Promise<void> },
): Promise<{ readonly told: number; readonly gaps: number }> {
  let at = 0;
  let gaps = 0;
  for await (const chunk of client.log(String(id), { follow: true, streams: 'stdout' })) {
    expect(startOf(chunk)).toBe(at);
    expect(whole.subarray(at, at + chunk.data.length).equals(chunk.data)).toBe(true);
    if (chunk.missing !== null) gaps += 1;
    at = chunk.cursor.stdout;
    if (at >= whole.length) break;
    await pause(at);
  }
  return { told: at, gaps };
}

function startOf({ cursor, data, missing }: LogChunk): number {
  return cursor.stdout - data.length - (missing?.bytes ?? 0);
}

function prunedOf(home: GhostHome, task: number): number {
  return Math.max(0, ...home.events({ type: 'LogSegmentPruned', task }).map(({ data }) => Number(data['to'])));
}

function memoryOf(pid: number): number {
  return procNumber(`${pid}/status`, 'VmRSS') * 1024;
}

function sumOf(seed: string, total: number): string {
  const hash = createHash('sha256');
  for (const chunk of bytesOf(seed, total, 'text')) hash.update(chunk);
  return hash.digest('hex');
}
