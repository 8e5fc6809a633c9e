import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome, isAlive } from '../support/ghost-home.ts';

test('a task whose folder somebody removed keeps nobody from the others, nor from its own end', async () => {
  await using home = new GhostHome();
  const robbed = await home.run(['sleep', '600']);
  const other = await home.run(['sleep', '600']);
  await home.killDaemon();
  rmSync(join(home.path, 'tasks', String(robbed)), { recursive: true });
  expect(await home.task(other)).toMatchObject({ state: 'running' });
  const { pid } = await home.task(robbed);
  await home.ok(['stop', String(robbed), String(other)]);
  expect(pid !== null && isAlive(pid)).toBe(false);
});
