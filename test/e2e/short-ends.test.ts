import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';

// 128+n is what a shell says of a program that signal n ended, and what the program may say itself. Of SIGINT and SIGPIPE
// it says nothing more, so that only the kernel knows, and only who held the process before it ended can ask it.
test.for([130, 141, 143, 137])(
  'programs that exit with %i at once, many of them, are not taken for killed',
  async (code) => {
    await using home = new GhostHome();
    await home.ok(['list']);
    const ids = await Promise.all(Array.from({ length: 12 }, () => home.run(['sh', '-c', `exit ${code}`])));
    const tasks = await Promise.all(ids.map((id) => home.ended(id)));
    expect(tasks.map(({ state, exitCode }) => ({ state, exitCode }))).toEqual(
      ids.map(() => ({ state: 'failed', exitCode: code })),
    );
  },
);

test('programs that a signal ends at once are told apart from those', async () => {
  await using home = new GhostHome();
  await home.ok(['list']);
  const signals = ['INT', 'PIPE', 'TERM', 'KILL'];
  const ids = await Promise.all(signals.map((name) => home.run(['sh', '-c', `kill -${name} $$`])));
  const tasks = await Promise.all(ids.map((id) => home.ended(id)));
  expect(tasks.map(({ state, signal }) => ({ state, signal }))).toEqual(
    signals.map((name) => ({ state: 'killed', signal: `SIG${name}` })),
  );
});
