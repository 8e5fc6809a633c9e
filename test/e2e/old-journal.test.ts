import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { TaskView } from '../../src/projections/task-view.ts';
import { collect } from '../support/collect.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { connectTo } from '../support/ledger-client.ts';
import { root } from '../support/source-files.ts';

/**
 * A journal as ghost 0.1.0 wrote it before there were read models: nine tasks that ended in every way, a restart, a
 * daemon that was shut down and one that was killed. `list.json` is what that ghost's `list --all --json` said of it.
 */
const fixture = join(root, 'test/fixtures/data/journal-0.1.0');

function homeOf010(): { readonly home: GhostHome; readonly listed: readonly TaskView[] } {
  const home = new GhostHome();
  mkdirSync(home.path, { mode: 0o700 });
  copyFileSync(join(fixture, 'tasks.db'), join(home.path, 'tasks.db'));
  const listed: readonly TaskView[] = JSON.parse(readFileSync(join(fixture, 'list.json'), 'utf8'));
  return { home, listed };
}

async function expectTheSame(home: GhostHome, listed: readonly TaskView[]): Promise<void> {
  expect(JSON.parse(await home.ok(['list', '--all', '--json']))).toEqual(listed);
  await using client = await connectTo(home);
  const found = await collect(client.history());
  expect(found).toEqual(listed.toReversed());
  expect(await client.status()).toMatchObject({ tasksTotal: 9, tasksRunning: 0 });
  const rebuild = client.rebuild();
  for (;;) {
    const step = await rebuild.next();
    if (step.done !== true) continue;
    expect(step.value).toMatchObject({ tasks: 9, differences: [] });
    break;
  }
}

test('a journal of 0.1.0 opens, answers the same, is kept as it was, and goes on', async () => {
  const { home: opened, listed } = homeOf010();
  await using home = opened;
  await expectTheSame(home, listed);
  const backup = join(home.path, 'tasks.db.before-0001');
  expect(existsSync(backup)).toBe(true);
  await using client = await connectTo(home);
  const time = listed[3]?.startedAt ?? '';
  expect((await client.list({ at: { kind: 'time', time } })).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect((await client.show('web')).task.id).toBe(4);
  expect(await home.run(['true'])).toBe(10);
  expect(journalFaults(home)).toEqual([]);
});

test('a daemon that is killed while it folds the past leaves what the next one folds on from', async () => {
  const { home: opened, listed } = homeOf010();
  await using home = opened;
  const killed = await home.ghost(['daemon'], { env: { GHOST_CRASH: 'journal.folded@1' } });
  expect(killed.signal).toBe('SIGKILL');
  await expectTheSame(home, listed);
});
