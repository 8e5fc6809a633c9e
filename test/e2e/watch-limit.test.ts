import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { resolvePaths } from '../../src/paths.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

/** A daemon that gets so few watches. The limit is that of a user namespace of its own: namespaces(7), inotify(7). */
async function startWithWatches(home: GhostHome, watches: number): Promise<void> {
  const script = `echo ${watches} > /proc/sys/user/max_inotify_watches && exec "$0" "$@"`;
  const daemon = spawn(
    'unshare',
    ['--user', '--map-root-user', 'sh', '-c', script, process.execPath, join(root, 'dist', 'daemon.cjs'), '--persist'],
    {
      env: { ...home.env, GHOST_SOCKET: resolvePaths(home.env).socket },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    },
  );
  const [word] = (await once(daemon.stdout, 'data')) as [Buffer];
  if (String(word).trim() !== 'ready') throw new Error(`the daemon said ${String(word)}`);
  daemon.unref();
  daemon.stdout.destroy();
}

test('where the system gives no more watches, tasks are polled, which is said once; nothing of them is lost', async () => {
  await using home = new GhostHome();
  await startWithWatches(home, 4);
  const daemon = home.daemonPid();
  const gate = join(home.work, 'gate');
  const ids = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      home.run([
        'sh',
        '-c',
        `while [ ! -e ${gate} ]; do sleep 0.05; done; echo one; sleep 0.3; echo two >&2; exit ${index}`,
      ]),
    ),
  );
  const told = (): number =>
    readFileSync(join(home.path, 'daemon.log'), 'utf8').split('gives no more watches').length - 1;
  await until('it is said', () => told() > 0);
  const followers = ids.map((id) => home.begin(['log', '-f', String(id)]));
  // By a task that is polled as well.
  await home.ended(await home.run(['touch', gate]));
  const followed = await Promise.all(followers.map(({ ended }) => ended));
  expect(followed.map(({ stdout, stderr, status }) => [stdout, stderr, status])).toEqual(
    ids.map(() => ['one\n', 'two\n', 0]),
  );
  const codes = await Promise.all(ids.map(async (id) => (await home.ended(id)).exitCode));
  expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  // In the order and at the times at which they were seen, as good as a poll is.
  const lines = (await home.ok(['log', '--json', String(ids[7])]))
    .split('\n')
    .map((line) => JSON.parse(line) as { at: string; text: string });
  expect(lines.map(({ text }) => text)).toEqual(['one', 'two']);
  expect(Date.parse(lines[1]?.at ?? '') - Date.parse(lines[0]?.at ?? '')).toBeGreaterThan(100);
  expect(told()).toBe(1);
  expect(home.daemonPid()).toBe(daemon);
});
