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
  const limited = `echo ${watches} > /proc/sys/user/max_inotify_watches && exec "$0" "$@"`;
  const words = [process.execPath, join(root, 'dist', 'daemon.cjs'), '--persist'];
  // No child of the test's, as no daemon is.
  const daemon = spawn(
    'sh',
    ['-c', '"$@" &', 'sh', 'unshare', '--user', '--map-root-user', 'sh', '-c', limited, ...words],
    {
      env: { ...home.env, GHOST_SOCKET: resolvePaths(home.env).socket },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [word] = (await once(daemon.stdout, 'data')) as [Buffer];
  if (String(word).trim() !== 'ready') throw new Error(`the daemon said ${String(word)}`);
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
  await home.complete(['touch', gate]);
  const followed = await Promise.all(followers.map(({ ended }) => ended));
  expect(followed.map(({ stdout, stderr, status }) => [stdout, stderr, status])).toEqual(
    ids.map(() => ['one\n', 'two\n', 0]),
  );
  const codes = await Promise.all(ids.map(async (id) => (await home.ended(id)).exitCode));
  expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(told()).toBe(1);
  expect(home.daemonPid()).toBe(daemon);
});
