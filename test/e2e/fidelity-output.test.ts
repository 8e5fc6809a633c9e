import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

const fixture = (name: string): string => join(root, 'test', 'fixtures', name);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What `ghost log` prints on one of its streams, in bytes. */
async function logged(home: GhostHome, id: number, option: '--stdout' | '--stderr'): Promise<Buffer> {
  const command = [process.execPath, join(root, 'bin', 'ghost.cjs'), 'log', option, String(id)];
  const result = await runProgram(command, { env: home.env, encoding: 'latin1' });
  expect(result.status, result.stderr).toBe(0);
  return Buffer.from(option === '--stdout' ? result.stdout : result.stderr, 'latin1');
}

describe.for(['/bin/dash', '/bin/bash', '/usr/bin/busybox'])('under a shim in %s', (shell) => {
  test('a script that opens its own output again by name writes on, and truncates nothing', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    const lines = [
      'echo one; echo warn > /dev/stderr; echo two > /dev/stdout; echo three | tee /dev/stdout | cat > /dev/null',
      'echo four > /dev/fd/1; echo five > /proc/self/fd/2; echo six >> /dev/stdout; cat /dev/stdin; echo end; echo bad >&2',
    ];
    const id = await home.run(['/bin/bash', '-c', lines.join('\n')]);
    expect(await home.ended(id)).toMatchObject({ state: 'exited', exitCode: 0 });
    expect(await home.ghost(['log', String(id)])).toMatchObject({
      stdout: 'one\ntwo\nfour\nsix\nend\n',
      stderr: 'warn\nfive\nbad\n',
    });
  });

  test('nothing that the shim, its shell or the loader of its programs complains about is among the task’s words', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    const env = { LC_ALL: 'xx_YY.UTF-8', LANG: 'xx_YY', LC_CTYPE: 'qq', SHLVL: '5000', LD_PRELOAD: '/nowhere/lib.so' };
    const ids = [
      await home.run(['/bin/true'], { env }),
      await home.run(['sh', '-c', 'kill -SEGV $$'], { env: { ...env, LD_PRELOAD: '' } }),
    ];
    for (const id of ids) await home.ended(id);
    // The loader itself complains once, for the task.
    expect((await logged(home, ids[0] ?? 0, '--stderr')).toString().match(/cannot be preloaded/g)).toHaveLength(1);
    expect(await home.ghost(['log', String(ids[1])])).toMatchObject({ stdout: '', stderr: '' });
  });

  test('bytes that are no text, without an end of line, are kept as they are in both streams', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    const noise = { out: randomBytes(65_536), err: randomBytes(65_537) };
    for (const [name, bytes] of Object.entries(noise)) writeFileSync(join(home.work, name), bytes);
    const id = await home.run(['sh', '-c', 'cat out; cat err >&2; printf "\\0end"; printf "\\0\\0" >&2']);
    expect(await home.ended(id)).toMatchObject({ state: 'exited' });
    expect(sha256(await logged(home, id, '--stdout'))).toBe(sha256(Buffer.concat([noise.out, Buffer.from('\0end')])));
    expect(sha256(await logged(home, id, '--stderr'))).toBe(sha256(Buffer.concat([noise.err, Buffer.from('\0\0')])));
  });
});

test('a flood of 20 MB on each stream at once is kept to the last byte', async () => {
  await using home = new GhostHome();
  const id = await home.run([process.execPath, fixture('flood.cjs'), '20000000']);
  expect(await home.ended(id)).toMatchObject({ state: 'exited', exitCode: 0 });
  const sums = JSON.parse(readFileSync(join(home.work, 'sums.json'), 'utf8')) as { stdout: string; stderr: string };
  const [stdout, stderr] = [await logged(home, id, '--stdout'), await logged(home, id, '--stderr')];
  expect([stdout.length, stderr.length]).toEqual([20_000_000, 20_000_000]);
  expect({ stdout: sha256(stdout), stderr: sha256(stderr) }).toEqual(sums);
  expect(home.events({ type: 'LogClosed' })[0]?.data).toMatchObject({
    stdoutBytes: 20_000_000,
    stderrBytes: 20_000_000,
  });
});

test('lines written to the two streams in turns come back in that order, each with its stream', async () => {
  await using home = new GhostHome();
  const id = await home.run([process.execPath, fixture('turns.cjs'), join(home.path, 'tasks', '1', 'order.idx'), '40']);
  await home.ended(id);
  const lines = (await home.ok(['log', '--json', String(id)])).split('\n');
  const seen = lines.map((line) => JSON.parse(line) as { readonly stream: string; readonly text: string });
  expect(seen.map(({ stream, text }) => `${stream} ${text}`)).toEqual(
    Array.from({ length: 40 }, (_, turn) => `${turn % 2 === 0 ? 'stdout' : 'stderr'} ${turn}`),
  );
});
