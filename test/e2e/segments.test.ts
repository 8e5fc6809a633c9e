import { type Hash, createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { configure, sealedOf, segmentFaults, taskFolder, unpacked } from '../support/segments.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const fixture = join(root, 'test', 'fixtures', 'print-bytes.cjs');
const { bytesOf } = createRequire(import.meta.url)(fixture) as {
  readonly bytesOf: (seed: string, total: number, kind: string) => Iterable<Buffer>;
};

const mebibyte = 1024 * 1024;

function sumOf(seed: string, total: number, kind: string): string {
  const hash = createHash('sha256');
  for (const chunk of bytesOf(seed, total, kind)) hash.update(chunk);
  return hash.digest('hex');
}

/** The SHA-256 of what a command of ghost's prints, without holding it. */
async function printed(home: GhostHome, args: readonly string[]): Promise<string> {
  const hash: Hash = createHash('sha256');
  const { child } = home.begin(args, { onStdout: (chunk) => hash.update(chunk) });
  await once(child, 'close');
  return hash.digest('hex');
}

const allSealed = (home: GhostHome, task: number, bytes: number, stream = 'stdout') =>
  until('all of the stream is in segments', () => sealedOf(home, task, stream).at(-1)?.to === bytes);

test.for([
  ['text', 9 * mebibyte],
  ['binary', 9 * mebibyte],
  ['one-line', 3 * mebibyte],
] as const)('a %s log stays whole through cuts, and zcat reads its segments', async ([kind, bytes]) => {
  await using home = new GhostHome();
  const env = configure(home, { segmentSize: '1MiB' });
  const id = await home.run([process.execPath, fixture, 'a', String(bytes), kind], { env });
  expect(await home.ended(id)).toMatchObject({ exitCode: 0 });
  await allSealed(home, id, bytes);
  expect(segmentFaults(home, id)).toEqual([]);
  expect(sealedOf(home, id).length).toBeGreaterThan(2);
  const sum = sumOf('a', bytes, kind);
  expect(createHash('sha256').update(unpacked(home, id)).digest('hex')).toBe(sum);
  expect(await printed(home, ['log', String(id)])).toBe(sum);
});

test('the last lines of a log are found in its segments', async () => {
  await using home = new GhostHome();
  const env = configure(home, { segmentSize: '256KiB' });
  const bytes = mebibyte;
  const id = await home.run([process.execPath, fixture, 'tail', String(bytes), 'text'], { env });
  await home.ended(id);
  await allSealed(home, id, bytes);
  const lines = unpacked(home, id).toString().trimEnd().split('\n');
  expect(await home.ok(['log', '-n', '7', String(id)])).toBe(lines.slice(-7).join('\n'));
  expect(await home.ok(['log', '-n', '9000', String(id)])).toBe(lines.slice(-9000).join('\n'));
});

test('a line of 300 MB stays whole, and gives its space back while the task runs', async () => {
  await using home = new GhostHome();
  const bytes = 300_000_000;
  const id = await home.run([process.execPath, fixture, 'long', String(bytes), 'one-line']);
  expect(await home.ended(id)).toMatchObject({ exitCode: 0 });
  const followed = await printed(home, ['log', '-f', String(id)]);
  expect(followed).toBe(sumOf('long', bytes, 'one-line'));
}, 120_000);

test('what is in segments takes no space in the spool of a running task', async () => {
  await using home = new GhostHome();
  const env = configure(home, { segmentSize: '1MiB' });
  const bytes = 8 * mebibyte;
  const script = `"$0" "$1" b ${bytes} text; exec sleep 600`;
  const id = await home.run(['sh', '-c', script, process.execPath, fixture], { env });
  const spool = join(taskFolder(home, id), 'spool', 'stdout');
  await until('it has written all', () => statSync(spool).size === bytes);
  await until('seven segments are sealed', () => sealedOf(home, id).length >= 7);
  await until('the space is given back', () => statSync(spool).blocks * 512 < 2 * mebibyte);
  expect(await printed(home, ['log', String(id)])).toBe(sumOf('b', bytes, 'text'));
});

test('a follower reads on through cuts without a gap or a repeat, on both streams', async () => {
  await using home = new GhostHome();
  const env = configure(home, { segmentSize: '256KiB' });
  const bytes = 2 * mebibyte;
  const script = '"$0" "$1" o $2 text & "$0" "$1" e $2 text stderr; wait';
  const id = await home.run(['sh', '-c', script, process.execPath, fixture, String(bytes)], { env });
  const [out, err] = await Promise.all([
    printed(home, ['log', '-f', '--stdout', String(id)]),
    // A program's stderr goes to stderr; a shell puts it where it can be counted.
    printed(home, ['log', '-f', '--stderr', '--json', String(id)]),
  ]);
  expect(out).toBe(sumOf('o', bytes, 'text'));
  const lines = [...bytesOf('e', bytes, 'text')].map(String).join('').replace(/\n$/, '').split('\n');
  const again = await home.ok(['log', '--stderr', '--json', String(id)]);
  expect(again.split('\n').map((line) => (JSON.parse(line) as { readonly text: string }).text)).toEqual(lines);
  expect(err).toBe(createHash('sha256').update(`${again}\n`).digest('hex'));
});

test.for(
  ['segment.written', 'segment.renamed', 'segment.sealed', 'segment.given-back'].flatMap((point) => [
    `${point}@1`,
    `${point}@3`,
  ]),
)('a daemon killed at %s leaves nothing lost, doubled or left over', async (point) => {
  await using home = new GhostHome();
  const env = configure(home, { segmentSize: '512KiB' });
  const bytes = 4 * mebibyte;
  const id = await home.run(['sh', '-c', '"$0" "$1" c $2 text; exit 5', process.execPath, fixture, String(bytes)], {
    env: { ...env, GHOST_CRASH: point },
  });
  const crashed = await until('a daemon that died', () => home.daemonPid() === null);
  expect(crashed).toBe(true);
  await home.ghost(['list'], { env });
  expect(await home.ended(id)).toMatchObject({ exitCode: 5 });
  await allSealed(home, id, bytes);
  expect(segmentFaults(home, id)).toEqual([]);
  expect(await printed(home, ['log', String(id)])).toBe(sumOf('c', bytes, 'text'));
  expect(createHash('sha256').update(unpacked(home, id)).digest('hex')).toBe(sumOf('c', bytes, 'text'));
});

test('both streams of a task that has ended are compressed to their ends, and both spools go', async () => {
  await using home = new GhostHome();
  const env = configure(home, { segmentSize: '256KiB' });
  const bytes = 5 * 256 * 1024 + 1000;
  // Stdout is complete long before all of stderr is cut.
  const script = '"$0" "$1" o 300000 text; exec "$0" "$1" e $2 text stderr';
  const id = await home.run(['sh', '-c', script, process.execPath, fixture, String(bytes)], { env });
  await home.ended(id);
  await Promise.all([allSealed(home, id, 300_000), allSealed(home, id, bytes, 'stderr')]);
  const spool = join(taskFolder(home, id), 'spool');
  await until('both spools are gone', () => !existsSync(join(spool, 'stdout')) && !existsSync(join(spool, 'stderr')));
  for (const stream of ['stdout', 'stderr']) expect(segmentFaults(home, id, stream)).toEqual([]);
  expect(createHash('sha256').update(unpacked(home, id)).digest('hex')).toBe(sumOf('o', 300_000, 'text'));
  expect(
    createHash('sha256')
      .update(unpacked(home, id, 'stderr'))
      .digest('hex'),
  ).toBe(sumOf('e', bytes, 'text'));
});

test.for(['segment.sealed@3', 'segment.given-back@3'])(
  'the spool that a daemon killed at %s, its last, has left is taken away by the next',
  async (point) => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '256KiB' });
    const bytes = 600_000;
    const id = await home.run([process.execPath, fixture, 'l', String(bytes), 'text'], {
      env: { ...env, GHOST_CRASH: point },
    });
    await until('the daemon has killed itself', () => home.daemonPid() === null);
    const spool = join(taskFolder(home, id), 'spool', 'stdout');
    expect(sealedOf(home, id).at(-1)?.to).toBe(bytes);
    expect(existsSync(spool)).toBe(true);
    await home.ok(['list'], { env });
    await until('the spool is gone', () => !existsSync(spool));
    expect(segmentFaults(home, id)).toEqual([]);
    expect(await printed(home, ['log', String(id)])).toBe(sumOf('l', bytes, 'text'));
  },
);
