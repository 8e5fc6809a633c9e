import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { userHome } from '../src/user-home.ts';
import { GhostHome } from './support/ghost-home.ts';
import { letThrough, otherUsers } from './support/other-user.ts';
import { runProgram } from './support/run-program.ts';

/** A uid that no list of users has. */
const nobodys = '54321';

test('the environment says where the home is, and else the list of users', () => {
  expect(userHome({ HOME: '/x' })).toBe('/x');
  expect(userHome({ HOME: '' })).toBe(userHome({}));
  expect(userHome({})).toMatch(/^\//);
});

test.for(otherUsers)(
  'a bare uid without a home is told to set one, and needs none where the folder is named',
  async () => {
    await using home = new GhostHome();
    const folder = join(home.work, 'theirs');
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, Number(nobodys), Number(nobodys));
    letThrough(home.work);
    const ghost = async (words: readonly string[], env: NodeJS.ProcessEnv) =>
      await runProgram(
        ['setpriv', '--reuid', nobodys, '--regid', nobodys, '--clear-groups', ...home.command, ...words],
        {
          env: { PATH: home.env['PATH'], GHOST_TEST_RUN: home.env['GHOST_TEST_RUN'], ...env },
          cwd: '/',
        },
      );
    const refused = await ghost(['list'], {});
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toBe(
      'ghost: HOME is not set, and the system knows no home of this user\n' +
        '  try: set HOME, or GHOST_HOME to a folder for what ghost keeps\n',
    );
    const named = { GHOST_HOME: folder, XDG_CONFIG_HOME: folder, GHOST_TEST_HOME: home.env['GHOST_TEST_HOME'] };
    expect(await ghost(['run', '--follow', 'echo', 'here'], named)).toMatchObject({ status: 0, stdout: 'here\n' });
    expect((await ghost(['doctor'], named)).stdout).toMatch(/^all is well|^\d+ warning/m);
    await ghost(['shutdown'], named);
  },
);
