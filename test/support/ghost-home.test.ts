import { existsSync } from 'node:fs';

import { expect, test } from 'vitest';

import { GhostHome, isAlive } from './ghost-home.ts';
import { processesOfRun } from './leftovers.ts';
import { until } from './until.ts';

test('disposing of a home ends the commands that are under way too, which would start a daemon anew', async () => {
  const home = new GhostHome();
  const id = await home.run(['sh', '-c', 'echo here; exec sleep 300']);
  const follower = home.begin(['log', '-f', String(id)]);
  await until('it follows', () => follower.stdout().includes('here'));
  await home[Symbol.asyncDispose]();
  expect(isAlive(follower.child.pid ?? 0)).toBe(false);
  expect(await follower.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(processesOfRun(home.env['GHOST_TEST_HOME'] ?? '', { variable: 'GHOST_TEST_HOME' })).toEqual([]);
  expect(existsSync(home.path)).toBe(false);
});

test('a wait that fails while its task runs on is no end of the task', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sleep', '300']);
  const refusing = 'if [ "$1" = wait ]; then echo not today >&2; exit 3; fi; exec "$0" "$@"';
  const [program = '', ...first] = home.command;
  home.command = [
    '/bin/sh',
    '-c',
    refusing.replace('"$0"', ['"$0"', ...first.map((word) => `'${word}'`)].join(' ')),
    program,
  ];
  await expect(home.ended(id)).rejects.toThrow(`ghost wait ${id} ended with 3: not today`);
});
